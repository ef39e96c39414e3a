// The settings of the program: what it publishes, and how many headless clients take it.

import { TRANSPORTS, nameOf } from "./transports.js";
import { postJson } from "./session.js";

// While a number is typed or stepped through, it is not yet sent.
const SETTLING = 400;

const STREAM = [
  { name: "rate", label: "Updates per second", unit: "0.1 to 1000", min: 0.1, step: "any" },
  { name: "size", label: "Payload, bytes", unit: "0 to 65536, in each update", min: 0, step: 1 },
  { name: "interval", label: "Polling interval, ms", unit: "50 to 60000, of short polling", min: 50, step: 1 },
];

const PRESETS = [
  { label: "Rare news", settings: { rate: 0.2, size: 200, interval: 1000 } },
  { label: "Chat", settings: { rate: 2, size: 100, interval: 1000 } },
  { label: "Prices", settings: { rate: 50, size: 50, interval: 1000 } },
  { label: "Large", settings: { rate: 2, size: 32_768, interval: 1000 } },
  { label: "100 clients each", settings: { short: 100, long: 100, sse: 100, websocket: 100 } },
  { label: "No clients", settings: { short: 0, long: 0, sse: 0, websocket: 0 } },
];

export class Controls {
  #fields = new Map();
  #changed;

  /** `changed(settings)` is called with what the program has accepted. */
  constructor(form, changed) {
    this.#changed = changed;
    const [stream, clients, presets, notice] = ["stream", "clients", "presets", "preset-error"].map((id) =>
      document.getElementById(id),
    );
    for (const field of STREAM) stream.append(this.#field(field, field.label, field.unit));
    for (const transport of TRANSPORTS) {
      clients.append(this.#field({ name: transport.name, min: 0, step: 1 }, nameOf(transport)));
    }
    for (const { label, settings } of PRESETS) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => this.#send(settings, notice));
      presets.append(button);
    }
    // Enter sends the field that it is pressed in, by its event `change`.
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  #field({ name, min, step }, label, unit) {
    const field = document.createElement("div");
    field.className = "field";
    const caption = document.createElement("label");
    caption.htmlFor = `set-${name}`;
    caption.append(label);
    const input = Object.assign(document.createElement("input"), {
      id: `set-${name}`,
      type: "number",
      min,
      step,
      inputMode: "decimal",
    });
    const hint = Object.assign(document.createElement("small"), { id: `hint-${name}`, textContent: unit ?? "" });
    const error = Object.assign(document.createElement("p"), { id: `error-${name}`, className: "error" });
    error.setAttribute("role", "alert");
    input.setAttribute("aria-describedby", `hint-${name} error-${name}`);
    let timer;
    // No limits in the page: the program knows them, and its sentence says them.
    const send = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#send({ [name]: input.value }, error, input), SETTLING);
    };
    input.addEventListener("change", send);
    this.#fields.set(name, { input, error });
    field.append(caption, input, hint, error);
    return field;
  }

  async #send(settings, notice, input) {
    try {
      const accepted = await postJson(`/settings?${new URLSearchParams(settings)}`);
      notice.textContent = "";
      for (const name of Object.keys(settings)) this.#mark(name, "");
      this.show(accepted);
      this.#changed(accepted);
    } catch (error) {
      notice.textContent = error.message;
      input?.setAttribute("aria-invalid", "true");
    }
  }

  #mark(name, text) {
    const { input, error } = this.#fields.get(name);
    input.removeAttribute("aria-invalid");
    error.textContent = text;
  }

  /** Shows what holds now, but leaves alone what somebody types into. */
  show({ clients, ...stream }) {
    for (const [name, value] of Object.entries({ ...stream, ...clients })) {
      const field = this.#fields.get(name);
      if (field === undefined) continue;
      if (document.activeElement === field.input && field.input.value !== "" && Number(field.input.value) !== value)
        continue;
      field.input.value = value;
    }
  }
}
