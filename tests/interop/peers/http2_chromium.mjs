// Headless Chromium over HTTP/2: `node http2_chromium.mjs https://HOST:PORT`.
//
// It offers RFC 8441 on a connection of HTTP/2 that it has, and whose server has said that it takes it: that of the page.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as cases from "./cases.mjs";

const { chromium } = createRequire(process.env.NODE_PACKAGES + "/")("playwright-core");

const url = process.argv[2].replace(/\/$/, "");
const profile = await mkdtemp(join(tmpdir(), "interop-chromium-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM,
  headless: true,
  // Nobody has signed the certificate.
  ignoreHTTPSErrors: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--ignore-certificate-errors",
  ],
});
context.setDefaultTimeout(10_000);
try {
  const page = await context.newPage();
  await page.goto(url + "/");
  assert.equal(await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol), "h2");

  // The page's own WebSocket.
  for (const text of [cases.TEXT, "and again"]) {
    await page.locator("#text").fill(text);
    await page.locator("#text").dispatchEvent("change");
    await page.locator("#messages li", { hasText: text }).waitFor();
  }
  const ended = await page.evaluate(() => {
    socket.close(1000, "of the page");
    return new Promise((resolve) => socket.addEventListener("close", ({ code, wasClean }) => resolve([code, wasClean])));
  });
  assert.deepEqual(ended, [1000, true]);

  // One with more than the windows of HTTP/2 hold, and one that says why it closes.
  const talk = async ([url, offered, close, sizes]) => {
    const socket = new WebSocket(url.replace(/^http/, "ws") + "/echo", offered);
    socket.binaryType = "arraybuffer";
    const next = (kind) => new Promise((resolve) => socket.addEventListener(kind, resolve, { once: true }));
    await next("open");
    const same = [];
    for (const size of sizes) {
      const message = Uint8Array.from({ length: size }, (_, index) => (index * 31) >> 3);
      socket.send(message);
      const answer = new Uint8Array((await next("message")).data);
      same.push(answer.length === size && answer.every((byte, index) => byte === message[index]));
    }
    socket.close(...close);
    const { code, wasClean } = await next("close");
    return [socket.protocol, same, code, wasClean];
  };
  const sizes = [0, 1, 65_536, 1 << 22];
  assert.deepEqual(await page.evaluate(talk, [url, cases.OFFERED, [1000], sizes]), [
    cases.CHOSEN, [true, true, true, true], 1000, true,
  ]);
  assert.deepEqual(await page.evaluate(talk, [url, [], cases.CLOSE, [5]]), ["", [true], cases.CLOSE[0], true]);
  await page.close();
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
