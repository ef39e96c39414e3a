// What is checked, in this order, on one page.

import assert from "node:assert/strict";
import { TRANSPORTS, decode, eventually, numbers, running, set, settings, states, upward, within } from "./page.mjs";

const INTERVAL = 1000;

export const cases = {
  async "all four run"(page) {
    await running(page);
  },

  async "latency is drawn"(page) {
    await eventually(page, async () => {
      const charts = await page.$$eval("canvas", (all) =>
        all.map((canvas) => {
          // Lines and dots have the colour of the transport, axes have not.
          const [red, green, blue] = getComputedStyle(canvas).color.match(/\d+/g).map(Number);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let pixels = 0;
          for (let at = 0; at < data.length; at += 4) {
            const apart = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
            if (data[at + 3] > 200 && apart < 12) pixels += 1;
          }
          return { ...canvas.dataset, pixels };
        }),
      );
      assert.deepEqual(
        charts.map(({ transport }) => transport),
        TRANSPORTS,
      );
      for (const { transport, points, p99Points, dots, pixels } of charts) {
        assert.ok(points >= 5 && p99Points >= 5, `${transport}: ${points} points of the median, ${p99Points} of p99`);
        assert.ok(dots >= 30, `${transport}: ${dots} updates`);
        assert.ok(pixels >= 10, `${transport}: ${pixels} pixels of its colour`);
      }
    });
  },

  async "numbers are plausible"(page) {
    await eventually(
      page,
      async () => {
        const { median, p99, updates, sent, received, requests, requestsPerSecond, open, connections, cpu, heap } =
          await numbers(page);
        for (const name of TRANSPORTS) {
          within(p99[name], median[name], 10_000, `p99 of ${name}`);
          within(updates[name], 7, 13, `updates by ${name}`);
          within(sent[name], 130, 2000, `bytes down by ${name}`);
          within(open[name], 1, 3, `open connections of ${name}`);
          within(connections[name], 1, 20, `connections of ${name}`);
          if (cpu[name] !== "not known here") within(cpu[name], 0, 20, `CPU time of ${name}`);
          if (heap[name] !== "not known here") within(heap[name], 1, 10_000_000, `memory of ${name}`);
        }
        within(median.short, 0.3 * INTERVAL, 0.8 * INTERVAL, "median of short polling");
        assert.ok(
          4 * median.websocket < median.short,
          `${median.websocket} ms by WebSocket, ${median.short} ms by short polling`,
        );
        assert.equal(requests.websocket, 1);
        assert.equal(requests.sse, 1);
        within(requestsPerSecond.short, 0.7, 1.4, "polls per second");
        within(requestsPerSecond.long, 5, 13, "long polls per second");
        within(sent.websocket, 130, 200, "bytes down by WebSocket");
        assert.ok(sent.long > sent.websocket + 100 && received.long > 100, "long polling pays heads");
        within(received.websocket, 0, 150, "bytes up by WebSocket");
      },
      20_000,
    );
  },

  async "bars are drawn"(page) {
    // Beside the table: the same numbers, and a width for each that is not nothing.
    const bars = await page.$$eval("#charts .track", (all) =>
      all.map((track) => ({
        chart: track.closest("figure").id,
        ...track.dataset,
        width: [...track.querySelectorAll("i:not(.payload)")].reduce(
          (sum, piece) => sum + piece.getBoundingClientRect().width,
          0,
        ),
        whole: track.getBoundingClientRect().width,
      })),
    );
    assert.equal(bars.length, 6 * TRANSPORTS.length);
    for (const { chart, transport, points, value, width, whole } of bars) {
      within(width, 0, whole + 1, `${chart} of ${transport}`);
      if (["chart-bytes", "chart-requests", "chart-connections"].includes(chart))
        assert.equal(points, "1", `${chart} of ${transport}`);
      if (chart === "chart-bytes") within(width, 2, whole, `${chart} of ${transport}`);
      if (points === "1" && Number(value) === 0) within(width, 0, 1, `${chart} of ${transport}`);
    }
    assert.match(await page.locator("#now").textContent(), /by WebSocket; .* by short polling\.$/);
  },

  async "settings take effect"(page, program) {
    await set(page, "rate", 30);
    await set(page, "websocket", 5);
    await eventually(page, async () => {
      const now = await settings(page, program);
      assert.deepEqual([now.rate, now.clients.websocket], [30, 5]);
      const { updates, headless, headlessMedian } = await numbers(page);
      assert.equal(headless.websocket, 5);
      within(headlessMedian.websocket, 0, 500, "latency of headless clients");
      within(updates.sse, 20, 40, "updates by Server-Sent Events");
      within(updates.websocket, 100, 240, "updates by WebSocket, six clients");
    });
  },

  async "what is out of limits is refused, with a sentence"(page, program) {
    await set(page, "rate", 5000);
    await eventually(page, async () => assert.match(await page.locator("#error-rate").textContent(), /\b1000\b/));
    assert.equal(await page.locator("#set-rate").getAttribute("aria-invalid"), "true");
    assert.equal((await settings(page, program)).rate, 30);
    // Chromium itself says in the console that there was such an answer.
    assert.equal(page.problems.length, 1);
    assert.match(page.problems.pop(), /400 \(Bad Request\)/);
    await set(page, "rate", 10);
    await eventually(page, async () => assert.equal(await page.locator("#error-rate").textContent(), ""));
    await page.getByRole("button", { name: "No clients" }).click();
    await eventually(page, async () => assert.equal((await settings(page, program)).clients.websocket, 0));
    await eventually(page, async () => assert.equal(await page.locator("#set-websocket").inputValue(), "0"));
  },

  async "messages go upwards"(page) {
    await page.getByRole("button", { name: "Send one" }).click();
    await eventually(page, async () =>
      assert.deepEqual(await upward(page, "count"), { short: 1, long: 1, sse: 1, websocket: 1 }),
    );
    await page.locator("#upward-rate").fill("8");
    await page.getByRole("button", { name: "Start sending" }).click();
    await eventually(page, async () => {
      const [count, median, bytes] = [
        await upward(page, "count"),
        await upward(page, "median"),
        await upward(page, "bytes"),
      ];
      for (const name of TRANSPORTS) {
        within(count[name], 10, 200, `messages by ${name}`);
        within(median[name], 0, 1000, `latency upwards by ${name}`);
      }
      within(bytes.websocket, 20, 100, "bytes of a message by WebSocket");
      within(bytes.sse, 200, 2000, "bytes of a POST");
    });
    await page.getByRole("button", { name: "Stop sending" }).click();
    assert.equal(await page.locator("#upward-notice").textContent(), "");
  },

  async "a transport is paused and resumed"(page) {
    const { requests: before } = await numbers(page);
    await page.getByRole("button", { name: "Pause WebSocket" }).click();
    assert.equal((await states(page))[3], "paused");
    await page.getByRole("button", { name: "Send one" }).click();
    assert.match(await page.locator("#upward-notice").textContent(), /WebSocket/);
    await eventually(page, async () => assert.equal((await numbers(page)).open.websocket, 0));
    await page.getByRole("button", { name: "Resume WebSocket" }).click();
    await running(page);
    await page.getByRole("button", { name: "Send one" }).click();
    assert.equal(await page.locator("#upward-notice").textContent(), "");
    await eventually(page, async () => assert.equal((await numbers(page)).requests.websocket, before.websocket + 1));
  },

  async "handshake and frames are shown"(page) {
    await page.locator("#wire").scrollIntoViewIfNeeded();
    const detail = page.locator("#wire-detail");
    await eventually(page, async () => {
      assert.match(await detail.textContent(), /GET \/\?watch HTTP\/1\.1[^]*sec-websocket-key[^]* 101 /i);
      const directions = await page.$$eval("#wire-list [data-direction]", (all) =>
        all.map(({ dataset }) => dataset.direction),
      );
      assert.ok(directions.includes("client") && directions.includes("server"), directions.join());
    });
    await page.locator("#wire-list [data-direction=client]").first().click();
    assert.ok(await page.locator("#wire-hold").isChecked(), "the list is held");
    assert.match(await detail.textContent(), /masking key/);
    const drawn = await detail
      .locator(".ruler .piece")
      .evaluateAll((all) => all.map(({ dataset, textContent }) => [textContent, Number(dataset.bits)]));
    assert.deepEqual(drawn.slice(0, 7), [
      ["FIN1", 1],
      ["RSV10", 1],
      ["RSV20", 1],
      ["RSV30", 1],
      ["opcode0001", 4],
      ["MASK1", 1],
      drawn[6],
    ]);
    assert.match(drawn[6][0], /^payload length\d+$/);
    assert.equal(drawn[6][1], 7);
    await page.locator("#wire-hold").uncheck();
  },

  async "pasted bytes are decoded"(page) {
    const summary = page.locator("#pasted-summary");
    for (const [hex, from, frames, error, code] of [
      ["81 05 48 65 6c 6c 6f", "server", 1],
      ["81 85 37 fa 21 3d 7f 9f 4d 51 58", "client", 1],
      ["0x01,0x03,48:65:6c 80 02 6c 6f", "server", 2],
      ["81 05 48 65 6c 6c 6f", "client", undefined, "UnmaskedFrame", "1002"],
      ["81 85 37 fa 21 3d 7f 9f 4d 51 58", "server", undefined, "MaskedFrame", "1002"],
      ["c1 05 48 65 6c 6c 6f", "server", undefined, "ReservedBits", "1002"],
      ["83 00", "server", undefined, "ReservedOpcode", "1002"],
      [`89 7e 00 7e ${"2a ".repeat(126)}`, "server", undefined, "ControlTooLong", "1002"],
      ["88 02 03 ed", "server", undefined, "InvalidCloseCode", "1002"],
      ["81 01 ff", "server", undefined, "InvalidUtf8", "1007"],
      ["81 7e 00 05 48 65 6c 6c 6f", "server", undefined, "LengthNotMinimal", "1002"],
    ]) {
      await decode(page, hex, from);
      await eventually(
        page,
        async () => {
          assert.equal((await summary.getAttribute("data-error")) || undefined, error, hex);
          assert.equal((await summary.getAttribute("data-code")) || undefined, code, hex);
          if (error !== undefined) {
            assert.match(await summary.textContent(), new RegExp(`${error}.*${code}`));
            assert.equal(await page.locator(".dump .wrong").count(), 1, hex);
          } else {
            assert.equal(await page.locator("#pasted-result .frame").count(), frames, hex);
            assert.equal(await page.locator(".dump .wrong").count(), 0, hex);
          }
        },
        3000,
      );
    }
    await decode(page, "81 05 48", "server");
    await eventually(page, async () => assert.match(await summary.textContent(), /Not whole yet: .+/), 3000);
  },

  async "the keyboard alone reaches everything"(page) {
    // Of the radio buttons, one is in the order; the arrows reach the other.
    const all = await page.$$eval("a[href], button, input, textarea, [tabindex='0']", (elements) => {
      const reachable = elements.filter((element) => element.type !== "radio" || element.checked);
      reachable.forEach((element, index) => (element.dataset.order = index));
      reachable[1].focus();
      return reachable.length;
    });
    const order = [];
    while (order.length < all) {
      await page.keyboard.press(order.length === 0 ? "Shift+Tab" : "Tab");
      order.push(
        await page.evaluate(() => {
          const element = document.activeElement;
          const shown = element.outerHTML.slice(0, 80);
          const name = element.labels?.length
            ? element.labels[0].textContent
            : element.ariaLabel || element.textContent;
          if (name.trim() === "") throw new Error(`no name: ${shown}`);
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          if (outlineStyle === "none" || outlineWidth === "0px") throw new Error(`no focus to see: ${shown}`);
          return Number(element.dataset.order);
        }),
      );
    }
    assert.deepEqual(
      order,
      order.map((_, index) => index),
    );
    await page.locator("#wire-list").focus();
    await eventually(page, async () => assert.ok((await page.locator("#wire-list li").count()) > 3));
    for (const [key, index] of [
      ["Home", 0],
      ["ArrowDown", 1],
      ["ArrowDown", 2],
      ["ArrowUp", 1],
    ]) {
      await page.keyboard.press(key);
      assert.equal(await page.locator("#wire-list li").nth(index).getAttribute("aria-selected"), "true", `${key}`);
    }
    assert.equal(await page.locator("#wire-detail .ruler").count(), 1);
    await page.getByRole("button", { name: "Close 1005" }).focus();
    await page.keyboard.press("Enter");
    await eventually(page, async () =>
      assert.equal(await page.locator("#pasted-summary").getAttribute("data-error"), "InvalidCloseCode"),
    );
  },

  async "what is drawn has a name and a legend"(page) {
    const unnamed = await page.$$eval(
      "canvas, figure",
      (all) =>
        all.filter(
          (element) => !(element.getAttribute("aria-label") || element.querySelector("figcaption p")?.textContent),
        ).length,
    );
    assert.equal(unnamed, 0);
    assert.equal(await page.locator("#numbers").getByRole("rowheader").count(), 14);
  },

  async "nothing is wider than a phone"(page) {
    await page.setViewportSize({ width: 360, height: 780 });
    await page.getByRole("button", { name: "the same, masked" }).click();
    await page.waitForTimeout(1200);
    const wide = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const beyond = [...document.querySelectorAll("main *")].filter(
        (element) => element.getBoundingClientRect().right > width + 0.5,
      );
      return [
        document.documentElement.scrollWidth - width,
        ...beyond.slice(0, 3).map(({ outerHTML }) => outerHTML.slice(0, 80)),
      ];
    });
    assert.deepEqual(wide, [0]);
    await page.setViewportSize({ width: 1280, height: 980 });
  },

  async "nothing was wrong in the console"(page) {
    assert.deepEqual(page.problems, []);
  },

  async "a program that does not answer is asked again"(page) {
    const asked = /\/(figures|session)$/;
    await page.route(asked, (route) => route.abort());
    await eventually(page, async () =>
      assert.match(await page.locator("#notice").textContent(), /does not answer\. .* in \d s\./),
    );
    assert.ok(await page.locator("#notice").isVisible());
    assert.deepEqual(
      await states(page),
      TRANSPORTS.map(() => "ended"),
    );
    await page.unroute(asked);
    await running(page);
    assert.ok(!(await page.locator("#notice").isVisible()));
  },
};
