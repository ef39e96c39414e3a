// Headless Chromium on the page of the example `transports`; prints `ok CASE` or `FAIL CASE: why`.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cases } from "./cases.mjs";
import { startBrowser, startProgram } from "./program.mjs";

const { TRANSPORTS, CHROMIUM, SCREENSHOTS } = process.env;
const LIMIT = Number(process.env.LIMIT) * 1000;
const ONE_STEP = 20_000;
const DESKTOP = { width: 1280, height: 980 };
const PHONE = { width: 360, height: 780 };
// So long that the charts, of a minute, are well filled.
const FILLED = 62_000;

const program = await startProgram(TRANSPORTS, process.env.LIMIT);
const browser = await startBrowser(CHROMIUM, ONE_STEP).catch(async (error) => {
  await program.end();
  throw error;
});
const folder = SCREENSHOTS || (await mkdtemp(join(tmpdir(), "transports-")));

async function open() {
  const context = await browser.newContext({ viewport: DESKTOP, deviceScaleFactor: 1 });
  const page = await context.newPage();
  page.setDefaultTimeout(ONE_STEP);
  page.problems = [];
  page.on("console", (message) => {
    // Reading the charts back is what this test does, not the page.
    if (/willReadFrequently/.test(message.text())) return;
    if (["error", "warning"].includes(message.type())) page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(String(error)));
  await page.goto(program.url);
  return page;
}

async function screenshots(page) {
  const take = (name) => page.screenshot({ path: join(folder, `transports-${name}.png`) });
  await page.setViewportSize(DESKTOP);
  await page.evaluate(() => scrollTo(0, 0));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // The charts are drawn anew at least once a second.
    await page.waitForTimeout(1200);
    await take(colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await page.evaluate(() => document.getElementById("cards").scrollIntoView({ behavior: "instant" }));
  await page.waitForTimeout(1200);
  await take("phone");
}

async function run() {
  let failed = 0;
  const page = await open();
  for (const [name, check] of Object.entries(cases)) {
    try {
      await check(page, program);
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.message.trim()}`);
    }
  }
  await page.close();
  const shown = await open();
  if (SCREENSHOTS) {
    await shown.request.post(
      `${program.url}/settings?rate=10&size=100&interval=1000&short=20&long=20&sse=20&websocket=20`,
    );
    await shown.reload();
    await shown.waitForTimeout(FILLED);
  } else {
    await shown.waitForTimeout(3000);
  }
  await screenshots(shown);
  if (SCREENSHOTS) console.log(`screenshots in ${folder}`);
  assert.deepEqual(shown.problems, []);
  return failed;
}

let result = 1;
try {
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`not done in ${LIMIT / 1000} s`)), LIMIT - 3000).unref(),
  );
  result = (await Promise.race([run(), late])) === 0 ? 0 : 1;
} catch (error) {
  console.log(`FAIL: ${error.stack}`);
} finally {
  await browser.close();
  await program.end();
  if (!SCREENSHOTS) await rm(folder, { recursive: true, force: true });
}
process.exit(result);
