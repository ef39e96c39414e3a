// The program and the browser that a test has started; both end with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.NODE_PACKAGES + "/")("playwright-core");

/** Starts the program; `{ url, end() }`. It ends after `seconds`, even where this process is killed. */
export async function startProgram(path, seconds) {
  const program = spawn("timeout", ["--kill-after=2", String(seconds), path], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(program, "exit");
  const line = await Promise.race([
    once(createInterface({ input: program.stdout }), "line").then(([line]) => line),
    ended.then(([code]) => Promise.reject(new Error(`${path} ended at once (${code})`))),
  ]);
  const url = /^the page is at (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
  const end = async () => {
    program.kill();
    await ended;
  };
  if (url === undefined) {
    await end();
    throw new Error(`first line of ${path}: ${line}`);
  }
  program.stdout.resume();
  return { url, end };
}

export function startBrowser(path, limit) {
  return chromium.launch({
    executablePath: path,
    headless: true,
    timeout: limit,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-proxy-server",
    ],
  });
}
