// One card for each transport: what it does, its latency now and over time, and the switch that pauses it.

import { TRANSPORTS, nameOf } from "./transports.js";
import { time, written } from "./quantities.js";
import { drawLatency, highest } from "./latency_chart.js";

export class Cards {
  #cards = {};

  /** `toggle(name, paused)` is called when a switch is pressed. */
  constructor(place, toggle) {
    for (const transport of TRANSPORTS) {
      const card = document.createElement("article");
      card.className = `card ${transport.name}`;
      card.innerHTML = `<h3></h3><p class="says"></p>
        <dl><div><dt>median</dt><dd class="median">–</dd></div><div><dt>p99</dt><dd class="p99">–</dd></div></dl>
        <canvas role="img" data-points="0"></canvas>
        <p class="foot"><span class="state"></span><button type="button">Pause</button></p>`;
      const part = (selector) => card.querySelector(selector);
      card.setAttribute("aria-label", transport.label);
      part("h3").append(nameOf(transport));
      part(".says").textContent = transport.says;
      part("canvas").dataset.transport = transport.name;
      part("canvas").setAttribute(
        "aria-label",
        `${transport.label}: latency of the updates of the last minute, from 0.1 milliseconds up, on a logarithmic axis. The table has the numbers.`,
      );
      const button = part("button");
      button.setAttribute("aria-label", `Pause ${transport.label}`);
      button.addEventListener("click", () => {
        const paused = button.textContent === "Pause";
        button.textContent = paused ? "Resume" : "Pause";
        button.setAttribute("aria-label", `${button.textContent} ${transport.label}`);
        toggle(transport.name, paused);
      });
      place.append(card);
      this.#cards[transport.name] = {
        median: part(".median"),
        p99: part(".p99"),
        canvas: part("canvas"),
        state: part(".state"),
      };
    }
  }

  state(name, text) {
    this.#cards[name].state.textContent = text;
    this.#cards[name].state.dataset.state = text.split(",")[0];
  }

  show(numbers) {
    for (const { name } of TRANSPORTS) {
      this.#cards[name].median.textContent = written(numbers[name].median, time);
      this.#cards[name].p99.textContent = written(numbers[name].p99, time);
    }
  }

  /** All on the same axis, so that they can be compared. */
  draw(latencies, now) {
    const top = highest(Object.values(latencies), now);
    for (const { name } of TRANSPORTS) drawLatency(this.#cards[name].canvas, latencies[name], now, top);
  }
}
