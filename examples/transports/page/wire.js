// What the page's own WebSocket exchanges: the handshake and the latest frames, from a list.

import { getJson } from "./session.js";
import { describeFrame, drawFrame } from "./frame.js";

const HANDSHAKE = "handshake";
const EACH = 1000;

export class Wire {
  #list = document.getElementById("wire-list");
  #detail = document.getElementById("wire-detail");
  #hold = document.getElementById("wire-hold");
  // What can be chosen, by key; the handshake first, then the frames, newest first.
  #entries = new Map();
  #chosen = HANDSHAKE;
  #shown;
  #visible = false;

  constructor() {
    new IntersectionObserver(([entry]) => {
      this.#visible = entry.isIntersecting;
    }).observe(document.getElementById("wire"));
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option !== null) this.#choose(option.dataset.key);
    });
    setInterval(() => this.#refresh(), EACH);
  }

  /** Another program runs: nothing of the earlier one is shown. */
  clear() {
    this.#hold.checked = false;
    this.#chosen = HANDSHAKE;
  }

  async #refresh() {
    if (!this.#visible || document.hidden || this.#hold.checked) return;
    const { handshake, frames } = await getJson("/frames").catch(() => ({}));
    // Whoever chose one meanwhile wants to read it.
    if (frames === undefined || this.#hold.checked) return;
    this.#entries = new Map([[HANDSHAKE, { label: "Opening handshake", handshake }]]);
    for (const each of frames.toReversed()) {
      const key = `${each.direction} ${each.time} ${each.frame.hex}`;
      this.#entries.set(key, { ...each, label: describeFrame(each.frame) });
    }
    if (!this.#entries.has(this.#chosen)) this.#chosen = HANDSHAKE;
    this.#draw();
  }

  #draw() {
    this.#list.replaceChildren(...[...this.#entries].map(([key, entry], index) => option(key, entry, index)));
    this.#mark();
  }

  #mark() {
    for (const option of this.#list.children) {
      const chosen = option.dataset.key === this.#chosen;
      option.setAttribute("aria-selected", String(chosen));
      if (chosen) this.#list.setAttribute("aria-activedescendant", option.id);
    }
    const entry = this.#entries.get(this.#chosen);
    // Drawn anew only when it is another: a selection of text in it stays.
    const shown = `${this.#chosen} ${JSON.stringify(entry.handshake)}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#detail.replaceChildren(...(this.#chosen === HANDSHAKE ? heads(entry.handshake) : frame(entry)));
  }

  #choose(key) {
    this.#chosen = key;
    // The list would run away under whoever reads a frame.
    this.#hold.checked = true;
    this.#mark();
    this.#list.querySelector("[aria-selected=true]").scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const keys = [...this.#entries.keys()];
    const at = keys.indexOf(this.#chosen);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: keys.length - 1 }[event.key];
    if (next === undefined || keys.length === 0) return;
    event.preventDefault();
    this.#choose(keys[Math.min(Math.max(next, 0), keys.length - 1)]);
  }
}

function option(key, { label, direction, time }, index) {
  const element = document.createElement("li");
  element.id = `wire-${index}`;
  element.setAttribute("role", "option");
  element.dataset.key = key;
  const line = document.createElement("span");
  line.textContent = label;
  element.append(line);
  if (direction !== undefined) {
    element.dataset.direction = direction;
    const by = document.createElement("small");
    by.textContent = `${direction === "client" ? "↑ client" : "↓ server"} at ${(time / 1000).toFixed(3)} s`;
    element.append(by);
  }
  return element;
}

function heads(handshake) {
  if (!handshake) {
    const none = document.createElement("p");
    none.textContent = "The page's WebSocket has not opened yet.";
    return [none];
  }
  return [
    ["The client asks", handshake.request],
    ["The server switches protocols", handshake.response],
  ].flatMap(([title, text]) => {
    const heading = document.createElement("h4");
    heading.textContent = title;
    const head = document.createElement("pre");
    head.className = "head";
    head.textContent = text.trim();
    return [heading, head];
  });
}

function frame({ direction, time, frame }) {
  const heading = document.createElement("h4");
  heading.textContent = `Sent by the ${direction} at ${(time / 1000).toFixed(3)} s of the server's clock`;
  return [heading, drawFrame(frame)];
}
