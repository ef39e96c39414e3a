// Headless Chromium, which offers compression by itself: `node deflate_chromium.mjs URL`.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { chromium } = createRequire(process.env.NODE_PACKAGES + "/")("playwright-core");

const profile = await mkdtemp(join(tmpdir(), "interop-chromium-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ["--no-sandbox"],
});
try {
  const page = await context.newPage();
  const [extensions, echoes, end] = await page.evaluate(async (url) => {
    const socket = new WebSocket(url);
    const next = (kind) => new Promise((resolve) => socket.addEventListener(kind, resolve, { once: true }));
    await next("open");
    const words = Array.from({ length: 400 }, (_, word) => `${(word * word) % 97} bottles of beer, `).join("");
    const echoes = [];
    for (const message of [words, "", words, "x", words.repeat(10), words.repeat(100)]) {
      socket.send(message);
      echoes.push((await next("message")).data === message);
    }
    socket.close(1000);
    const { code, wasClean } = await next("close");
    return [socket.extensions, echoes, [code, wasClean]];
  }, process.argv[2]);
  assert.match(extensions, /^permessage-deflate/);
  assert.deepEqual(echoes, echoes.map(() => true));
  assert.deepEqual(end, [1000, true]);
  console.log(`1 settings: ${extensions}`);
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
