// What the page says, and what is done to it.

import assert from "node:assert/strict";

export const TRANSPORTS = ["short", "long", "sse", "websocket"];

/** Repeats `check` until it does not throw. */
export async function eventually(page, check, limit = 15_000) {
  for (const end = Date.now() + limit; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await page.waitForTimeout(250);
  }
}

/** The numbers of the table: `numbers.sent.websocket`; its text where there is none. */
export function numbers(page) {
  return page.evaluate(() => {
    const result = {};
    for (const { dataset, textContent } of document.querySelectorAll("#numbers td")) {
      (result[dataset.quantity] ??= {})[dataset.transport] = dataset.value === "" ? textContent : Number(dataset.value);
    }
    return result;
  });
}

export function upward(page, quantity) {
  return page.evaluate(
    (quantity) =>
      Object.fromEntries(
        [...document.querySelectorAll(`[data-upward=${quantity}]`)].map(({ dataset }) => [
          dataset.transport,
          Number(dataset.value || NaN),
        ]),
      ),
    quantity,
  );
}

export function within(value, least, most, what) {
  assert.ok(value >= least && value <= most, `${what}: ${value}, not from ${least} to ${most}`);
}

export const settings = async (page, { url }) => (await (await page.request.get(`${url}/session`)).json()).settings;
export const states = (page) => page.locator(".state").allTextContents();

export async function running(page) {
  await eventually(page, async () =>
    assert.deepEqual(
      await states(page),
      TRANSPORTS.map(() => "running"),
    ),
  );
}

export async function set(page, name, value) {
  await page.locator(`#set-${name}`).fill(String(value));
  await page.locator(`#set-${name}`).press("Enter");
}

export async function decode(page, hex, from) {
  await page.locator(`input[name=from][value=${from}]`).check();
  await page.locator("#hex").fill(hex);
  const answer = page.waitForResponse((response) => response.url().includes("/inspect"));
  await page.getByRole("button", { name: "Decode" }).click();
  await answer;
}
