// Headless Chromium: `node chromium.mjs ECHO_URL RESTRICTED_URL [CHAT_URL]`; prints `ok CASE` or `FAIL CASE: why`.
//
// ECHO_URL takes any origin, RESTRICTED_URL only http://allowed.example, CHAT_URL is the page of the chat.
// A page has no way to send pings or fragments.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as cases from "./cases.mjs";

const { chromium } = createRequire(process.env.NODE_PACKAGES + "/")("playwright-core");

const [echo, restricted, chat] = process.argv.slice(2).map((url) => url.replace(/\/$/, ""));
const LIMIT = 20_000;

// Runs in the page, before its own scripts: a socket whose messages can be awaited.
function install() {
  globalThis.open_socket = async (url, subprotocols = []) => {
    const socket = new WebSocket(url, subprotocols);
    const messages = [];
    let wake = () => {};
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => (messages.push(data), wake()));
    socket.receive = async () => {
      while (messages.length === 0) {
        if (socket.readyState === WebSocket.CLOSED) throw new Error("closed");
        await new Promise((resolve) => (wake = resolve));
      }
      return messages.shift();
    };
    socket.ended = new Promise((resolve) =>
      socket.addEventListener("close", ({ code, reason, wasClean }) => (resolve([code, reason, wasClean]), wake())),
    );
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("not opened")));
    });
    // It always offers permessage-deflate.
    if (socket.extensions !== "") throw new Error(`extensions ${socket.extensions}`);
    socket.finish = (code, reason) => (socket.close(code, reason), socket.ended);
    return socket;
  };
}

const profile = await mkdtemp(join(tmpdir(), "interop-chromium-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM,
  headless: true,
  timeout: LIMIT,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    // A page of http://allowed.example may talk to this machine.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
  ],
});
context.setDefaultTimeout(LIMIT);
await context.addInitScript(install);
// Pages of any origin, without any network.
await context.route(/^http:\/\/[a-z]+\.example\//, (route) =>
  route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>A page</title>" }),
);

async function pageAt(url) {
  const page = await context.newPage();
  page.console = [];
  page.on("console", (message) => page.console.push(message.text()));
  await page.goto(url);
  return page;
}

async function refusal(page, url) {
  await assert.rejects(page.evaluate((url) => open_socket(url), url), /not opened/);
  // Only the console says why.
  for (let attempt = 0; attempt < 50 && page.console.length === 0; attempt += 1) await page.waitForTimeout(100);
  assert.match(page.console.join("\n"), /Unexpected response code: 403/);
}

const page = await pageAt("http://refused.example/");

const run = {
  async text() {
    const echoed = await page.evaluate(async ([url, text]) => {
      const socket = await open_socket(url);
      const answers = [];
      for (const message of [text, ""]) (socket.send(message), answers.push(await socket.receive()));
      return [...answers, ...(await socket.finish(1000))];
    }, [echo, cases.TEXT]);
    assert.deepEqual(echoed, [cases.TEXT, "", 1000, "", true]);
  },

  async binary() {
    const echoed = await page.evaluate(async (url) => {
      const socket = await open_socket(url);
      socket.send(Uint8Array.from({ length: 256 }, (_, index) => index));
      socket.send(new Blob());
      const answers = [await socket.receive(), await socket.receive()].map((data) => Array.from(new Uint8Array(data)));
      return [...answers, ...(await socket.finish(1000))];
    }, echo);
    assert.deepEqual(echoed, [[...cases.BINARY], [], 1000, "", true]);
  },

  async large() {
    const result = await page.evaluate(async ([url, length]) => {
      const socket = await open_socket(url);
      const message = Uint8Array.from({ length }, (_, index) => (index * 31) >> 3);
      socket.send(message);
      const answer = new Uint8Array(await socket.receive());
      const same = answer.length === length && answer.every((byte, index) => byte === message[index]);
      return [same, ...(await socket.finish(1000))];
    }, [echo, cases.LARGE.length]);
    assert.deepEqual(result, [true, 1000, "", true]);
  },

  async many() {
    const result = await page.evaluate(async ([url, count]) => {
      const socket = await open_socket(url);
      for (let number = 0; number < count; number += 1) socket.send(`message ${number}`);
      for (let number = 0; number < count; number += 1) {
        const answer = await socket.receive();
        if (answer !== `message ${number}`) return [answer];
      }
      return socket.finish(1000);
    }, [echo, cases.MANY]);
    assert.deepEqual(result, [1000, "", true]);
  },

  async subprotocol() {
    const result = await page.evaluate(async ([url, offered]) => {
      const socket = await open_socket(url, offered);
      return [socket.protocol, ...(await socket.finish(1000))];
    }, [echo, cases.OFFERED]);
    assert.deepEqual(result, [cases.CHOSEN, 1000, "", true]);
  },

  async close() {
    const result = await page.evaluate(async ([url, close]) => (await open_socket(url)).finish(...close), [echo, cases.CLOSE]);
    // The code comes back, the reason need not.
    assert.deepEqual([result[0], result[2]], [cases.CLOSE[0], true]);
  },

  async "peer-close"() {
    const [code, reason] = cases.PEER_CLOSE;
    const url = `${echo}/close?code=${code}&reason=${reason}`;
    const result = await page.evaluate(async (url) => (await open_socket(url)).ended, url);
    assert.deepEqual(result, [code, reason, true]);
  },

  async "origin-allowed"() {
    const allowed = await pageAt(cases.ALLOWED + "/");
    const result = await allowed.evaluate(async (url) => (await open_socket(url)).finish(1000), restricted);
    assert.deepEqual(result, [1000, "", true]);
  },

  async "origin-refused"() {
    await refusal(await pageAt(cases.REFUSED + "/"), restricted);
  },

  async chat() {
    const lines = (page) => page.locator("#messages").innerText();
    const heard = (page, text) => page.locator("#messages", { hasText: text }).waitFor();
    async function say(page, text) {
      await page.locator("#text").fill(text);
      await page.locator("form#send").evaluate((form) => form.requestSubmit());
    }
    const [one, two, elsewhere] = [await pageAt(`${chat}/?room=here`), await pageAt(`${chat}/?room=here`), await pageAt(`${chat}/?room=there`)];
    // A page is in its room once its own message has come back.
    for (const [page, text] of [[one, "I am one"], [two, "I am two"], [elsewhere, "I am elsewhere"]]) {
      await say(page, text);
      await heard(page, text);
    }
    await say(one, `${cases.TEXT} <b>from one</b>`);
    await heard(two, `${cases.TEXT} <b>from one</b>`);
    await say(two, "from two");
    await heard(one, "from two");
    // Its own next message comes after anything that a wrong room might have sent.
    await say(elsewhere, "from elsewhere");
    await heard(elsewhere, "from elsewhere");
    assert.doesNotMatch(await lines(elsewhere), /from one|from two/);
    assert.doesNotMatch((await lines(one)) + (await lines(two)), /elsewhere/);
    for (const page of [one, two, elsewhere]) await page.close();
  },

  async "chat-origin-refused"() {
    await refusal(await pageAt(cases.REFUSED + "/"), chat.replace(/^http/, "ws") + "/chat?room=here");
  },
};

let failed = 0;
for (const [name, test] of Object.entries(run)) {
  if (chat === undefined && name.startsWith("chat")) continue;
  let timer;
  const limit = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`over ${LIMIT} ms`)), LIMIT)));
  try {
    await Promise.race([test(), limit]);
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${String(error.message).replaceAll(/\s+/g, " ").slice(0, 400)}`);
  }
  clearTimeout(timer);
}
await context.close();
await rm(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
