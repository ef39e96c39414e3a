// The way up: the same message by all four at once.

import { TRANSPORTS, nameOf } from "./transports.js";
import { bytes, time, whole, written } from "./quantities.js";

const HIGHEST_RATE = 50;

const COLUMNS = [
  { key: "count", label: "arrived", format: whole },
  { key: "median", label: "median", format: time },
  { key: "bytes", label: "bytes each", format: bytes },
];

export class Upward {
  #cells = new Map();
  #send;
  #timer;
  #number = 0;
  #notice = document.getElementById("upward-notice");

  /** `send(number)` sends one by each transport and returns the labels of those that could not. */
  constructor(send) {
    this.#send = send;
    document.getElementById("send-one").addEventListener("click", () => this.#one());
    const form = document.getElementById("upward");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#toggle();
    });
    this.#table(document.getElementById("upward-table"));
  }

  #table(table) {
    const head = table.createTHead().insertRow();
    for (const label of ["", ...COLUMNS.map((column) => column.label), "requests"]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = label;
      head.append(cell);
    }
    head.cells[0].innerHTML = '<span class="unseen">Transport</span>';
    const body = table.createTBody();
    for (const transport of TRANSPORTS) {
      const row = body.insertRow();
      const name = document.createElement("th");
      name.scope = "row";
      name.append(nameOf(transport));
      row.append(name);
      for (const { key } of COLUMNS) {
        const cell = row.insertCell();
        cell.textContent = "–";
        cell.dataset.transport = transport.name;
        cell.dataset.upward = key;
        this.#cells.set(`${key} ${transport.name}`, cell);
      }
      row.insertCell().textContent = transport.name === "websocket" ? "none" : "1";
    }
  }

  #one() {
    const failed = this.#send((this.#number += 1));
    this.#notice.textContent = failed.length === 0 ? "" : `Not sent by: ${failed.join(", ")} (paused, lost or busy).`;
  }

  #toggle() {
    const button = document.getElementById("send-many");
    const input = document.getElementById("upward-rate");
    if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      button.textContent = "Start sending";
      return;
    }
    const rate = Number(input.value);
    if (!(rate >= 0.1 && rate <= HIGHEST_RATE)) {
      this.#notice.textContent = `From 0.1 to ${HIGHEST_RATE} messages per second.`;
      return;
    }
    this.#timer = setInterval(() => this.#one(), 1000 / rate);
    button.textContent = "Stop sending";
    this.#one();
  }

  show(numbers) {
    for (const { key, format } of COLUMNS) {
      for (const { name } of TRANSPORTS) {
        const value = numbers[name].upward?.[key];
        const cell = this.#cells.get(`${key} ${name}`);
        cell.textContent = written(value, format);
        cell.dataset.value = value ?? "";
      }
    }
  }
}
