// Bytes that somebody pastes, decoded by the program.

import { EXAMPLES } from "./examples.js";
import { describeFrame, drawFrame } from "./frame.js";
import { postJson } from "./session.js";

const SETTLING = 300;
const BYTES_SHOWN = 160;
const FRAMES_SHOWN = 20;

export class Pasted {
  #form = document.getElementById("pasted");
  #text = document.getElementById("hex");
  #result = document.getElementById("pasted-result");
  #summary = document.getElementById("pasted-summary");
  #timer;
  #asked = 0;

  constructor() {
    for (const example of EXAMPLES) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = example.label;
      button.title = `sent by the ${example.from}`;
      button.addEventListener("click", () => {
        this.#text.value = example.hex;
        this.#form.elements.from.value = example.from;
        this.#inspect();
      });
      document.getElementById(example.bad ? "bad-examples" : "good-examples").append(button);
    }
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#inspect(), SETTLING);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#inspect();
    });
  }

  async #inspect() {
    clearTimeout(this.#timer);
    // Answers may come in another order: only the one to the last question counts.
    const asked = (this.#asked += 1);
    const text = this.#text.value;
    if (text.trim() === "") {
      this.#summary.textContent = "";
      this.#result.replaceChildren();
      return;
    }
    try {
      const answer = await postJson(`/inspect?from=${this.#form.elements.from.value}`, text);
      if (asked === this.#asked) this.#show(answer, text);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#summary.textContent = error.message;
      this.#summary.className = "error";
      this.#result.replaceChildren();
    }
  }

  #show(answer, text) {
    const { frames, needs, error } = answer;
    const count = frames.length === 1 ? "One whole frame" : `${frames.length || "No"} whole frames`;
    const parts = [`${count}.`];
    if (error) parts.push(`${error.name}: ${error.message}. Whoever receives this closes with code ${error.code}.`);
    if (needs) parts.push(`Not whole yet: ${needs}`);
    this.#summary.textContent = parts.join(" ");
    this.#summary.className = error ? "error" : "";
    this.#summary.dataset.code = error?.code ?? "";
    this.#summary.dataset.error = error?.name ?? "";
    this.#result.replaceChildren(
      dump(text, answer),
      ...frames.slice(0, FRAMES_SHOWN).map((frame, index) => {
        const heading = document.createElement("h4");
        heading.textContent = `Frame ${index + 1}: ${describeFrame(frame)}`;
        const block = document.createElement("div");
        block.className = error?.frame === index ? "block wrong" : "block";
        block.append(heading, drawFrame(frame));
        return block;
      }),
    );
  }
}

/** All bytes in a line, with the first of each frame and the wrong one marked. */
function dump(text, { frames, error }) {
  const bytes = text.replace(/0x|[\s:,]/gi, "").match(/../g) ?? [];
  const begins = new Set(frames.map(({ offset }) => offset));
  const line = document.createElement("p");
  line.className = "dump";
  bytes.slice(0, BYTES_SHOWN).forEach((byte, offset) => {
    const element = document.createElement("span");
    element.textContent = byte;
    if (begins.has(offset)) element.classList.add("begins");
    if (offset === error?.offset) {
      element.classList.add("wrong");
      element.title = `Byte ${offset}: ${error.message}`;
    }
    line.append(element, " ");
  });
  if (bytes.length > BYTES_SHOWN) line.append(`… ${bytes.length - BYTES_SHOWN} more`);
  return line;
}
