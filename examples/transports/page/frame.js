// A frame, drawn as RFC 6455 §5.2 draws it: rows of 32 bits, the most significant first.

const ROW = 32;
// The RFC's own figure has two rows of payload; these are enough to see where the bytes lie.
const PAYLOAD_SHOWN = 24;

/** The figure and, as its equal in words, the table of the fields. */
export function drawFrame(frame) {
  const element = document.createElement("div");
  element.className = "frame";
  element.append(ruler(frame), fields(frame));
  return element;
}

/** One line about a frame. */
export function describeFrame(frame) {
  const opcode = field(frame, "opcode")?.means ?? "frame";
  const parts = [opcode, field(frame, "FIN")?.value === "0" ? "(not the last fragment)" : "", `${frame.length} bytes`];
  return parts.filter(Boolean).join(" ");
}

function field(frame, name) {
  return frame.fields.find((each) => each.name === name);
}

function ruler(frame) {
  const grid = document.createElement("div");
  grid.className = "ruler";
  // The table says all of it.
  grid.setAttribute("aria-hidden", "true");
  for (let bit = 0; bit < ROW; bit += 1) grid.append(cell("digit", 1, bit % 10 === 0 ? `${bit / 10}` : ""));
  for (let bit = 0; bit < ROW; bit += 1) grid.append(cell("digit", 1, `${bit % 10}`));
  let position = 0;
  for (const each of frame.fields) {
    for (const piece of pieces(each, position)) {
      grid.append(piece);
      position += Number(piece.dataset.bits);
    }
  }
  return grid;
}

/** The parts of a field that lie in one row each; of the payload the bytes. */
function pieces(each, position) {
  const kind = each.name.replaceAll(" ", "-").toLowerCase();
  if (each.name === "payload") return payload(each);
  const result = [];
  for (let left = each.bits; left > 0;) {
    const bits = Math.min(left, ROW - (position % ROW));
    const first = left === each.bits;
    const piece = cell(`piece ${kind}${bits === 1 ? " narrow" : ""}`, bits, "");
    const value = document.createElement("b");
    value.textContent = first ? each.value : "";
    piece.append(label(first ? each.name : `${each.name}, continued`), value);
    result.push(piece);
    left -= bits;
    position += bits;
  }
  return result;
}

function payload(each) {
  const bytes = each.value.match(/../g) ?? [];
  const result = bytes.slice(0, PAYLOAD_SHOWN).map((byte, index) => {
    const piece = cell("piece payload", 8, "");
    const value = document.createElement("b");
    value.textContent = byte;
    if (index === 0) piece.append(label("payload"));
    piece.append(value);
    return piece;
  });
  const more = each.bits / 8 - result.length;
  if (more > 0) result.push(cell("piece payload more", ROW, `and ${more.toLocaleString("en")} bytes more`));
  return result;
}

function label(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

function cell(className, bits, text) {
  const element = document.createElement("div");
  element.className = className;
  element.style.gridColumn = `span ${bits}`;
  element.dataset.bits = bits;
  element.textContent = text;
  return element;
}

function fields(frame) {
  const table = document.createElement("table");
  table.className = "fields";
  const caption = table.createCaption();
  caption.className = "unseen";
  caption.textContent = "Fields of the frame";
  const head = table.createTHead().insertRow();
  for (const text of ["Field", "Bits", "Value", "Means"]) {
    const title = document.createElement("th");
    title.scope = "col";
    title.textContent = text;
    head.append(title);
  }
  const body = table.createTBody();
  for (const { name, bits, value, means } of frame.fields) {
    const row = body.insertRow();
    const title = document.createElement("th");
    title.scope = "row";
    title.textContent = name;
    row.append(title);
    row.insertCell().textContent = bits.toLocaleString("en");
    row.insertCell().textContent = name === "payload" ? spaced(value, bits / 8) : value;
    row.insertCell().textContent = means;
  }
  return table;
}

function spaced(hex, length) {
  const bytes = (hex.match(/../g) ?? []).slice(0, PAYLOAD_SHOWN);
  return bytes.join(" ") + (length > bytes.length ? " …" : "");
}
