// A chart of one bar for each transport, from zero, with the number written beside.

import { TRANSPORTS, nameOf } from "./transports.js";
import { written } from "./quantities.js";

/** `title`, `says`: one sentence on what it means and how it is measured; `parts`: keys of the numbers, stacked. */
export class Bars {
  #rows = {};
  #end;
  #mark;

  constructor({ key, title, says, parts, format, mark }) {
    this.parts = parts;
    this.format = format;
    this.element = document.createElement("figure");
    this.element.className = "chart";
    this.element.id = `chart-${key}`;
    this.element.innerHTML = `<figcaption><h3></h3><p></p></figcaption><div class="bars"></div>
      <div class="axis" aria-hidden="true"><span>0</span><span></span></div>`;
    this.element.querySelector("h3").textContent = title;
    this.element.querySelector("p").textContent = says;
    this.#end = this.element.querySelector(".axis span:last-child");
    this.#mark = mark;
    for (const transport of TRANSPORTS) this.#add(transport);
  }

  #add(transport) {
    const row = document.createElement("div");
    row.className = "bar";
    const track = document.createElement("div");
    track.className = `track ${transport.name}`;
    track.setAttribute("aria-hidden", "true");
    track.dataset.transport = transport.name;
    const pieces = this.parts.map((_, index) => {
      const piece = document.createElement("i");
      piece.className = `piece-${index}`;
      return piece;
    });
    const mark = document.createElement("i");
    mark.className = "payload";
    mark.hidden = true;
    track.append(...pieces, mark);
    const value = document.createElement("output");
    // The table says the same, and no reader shall be told every second.
    value.setAttribute("aria-live", "off");
    row.append(nameOf(transport), track, value);
    this.element.querySelector(".bars").append(row);
    this.#rows[transport.name] = { track, pieces, value, mark };
  }

  /** `numbers`: by transport, what `Figures.of` says. */
  draw(numbers) {
    const totals = TRANSPORTS.map(({ name }) => total(this.parts.map((key) => numbers[name][key])));
    const mark = this.#mark?.();
    const end = niceEnd(Math.max(0, mark ?? 0, ...totals.map((value) => value ?? 0)));
    this.#end.textContent = this.format(end);
    TRANSPORTS.forEach(({ name }, index) => {
      const row = this.#rows[name];
      const known = totals[index] !== null && totals[index] !== undefined;
      row.pieces.forEach((piece, part) => {
        piece.style.width = known ? `${(100 * numbers[name][this.parts[part]]) / end}%` : "0";
      });
      row.mark.hidden = mark === undefined || !known;
      if (mark !== undefined) row.mark.style.left = `${(100 * mark) / end}%`;
      row.value.textContent = written(totals[index], this.format);
      row.track.dataset.points = known ? "1" : "0";
      row.track.dataset.value = known ? totals[index] : "";
    });
  }
}

// Not known as soon as one part is not.
function total(values) {
  if (values.includes(null)) return null;
  if (values.includes(undefined)) return undefined;
  return values.reduce((sum, value) => sum + value, 0);
}

/** 1, 2 or 5 times a power of ten: the end of an axis that seldom changes. */
function niceEnd(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => value <= step * power * 1.0001);
}
