// All numbers as text: what the charts draw, and what does not need a chart.

import { TRANSPORTS, nameOf } from "./transports.js";
import { QUANTITIES, written } from "./quantities.js";

// On a narrow screen the cells are no longer laid out as a table: the roles keep it one.
export class Table {
  #cells = new Map();

  constructor(table) {
    const head = row("tr");
    head.append(cell("th", "columnheader", "Number"));
    for (const transport of TRANSPORTS) {
      const name = cell("th", "columnheader", "");
      name.scope = "col";
      name.append(nameOf(transport));
      head.append(name);
    }
    const body = document.createElement("tbody");
    body.setAttribute("role", "rowgroup");
    for (const quantity of QUANTITIES) body.append(this.#row(quantity));
    const top = document.createElement("thead");
    top.setAttribute("role", "rowgroup");
    top.append(head);
    table.append(top, body);
  }

  #row(quantity) {
    const line = row("tr");
    const name = cell("th", "rowheader", quantity.label);
    name.scope = "row";
    const by = document.createElement("span");
    by.className = "by";
    by.textContent = `by ${quantity.by}`;
    const says = document.createElement("small");
    says.textContent = quantity.says;
    name.append(" ", by, says);
    line.append(name);
    for (const { name: transport } of TRANSPORTS) {
      const value = cell("td", "cell", "–");
      value.dataset.transport = transport;
      value.dataset.quantity = quantity.key;
      line.append(value);
      this.#cells.set(`${quantity.key} ${transport}`, value);
    }
    return line;
  }

  show(numbers) {
    for (const { key, format } of QUANTITIES) {
      for (const { name } of TRANSPORTS) {
        const value = numbers[name][key];
        const element = this.#cells.get(`${key} ${name}`);
        element.textContent = written(value, format);
        element.dataset.value = value ?? "";
      }
    }
  }
}

function row(name) {
  const element = document.createElement(name);
  element.setAttribute("role", "row");
  return element;
}

function cell(name, role, text) {
  const element = document.createElement(name);
  element.setAttribute("role", role);
  element.textContent = text;
  return element;
}
