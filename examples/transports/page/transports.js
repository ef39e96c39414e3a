// The four transports, in the order in which the program and the page name them. `within`: the name inside a sentence.

export const TRANSPORTS = [
  {
    name: "short",
    label: "Short polling",
    within: "short polling",
    mark: "●",
    says: "Asks again and again, news or not.",
  },
  {
    name: "long",
    label: "Long polling",
    within: "long polling",
    mark: "■",
    says: "Asks; the server answers when there is news.",
  },
  {
    name: "sse",
    label: "Server-Sent Events",
    within: "Server-Sent Events",
    mark: "▲",
    says: "One answer that never ends. Downwards only.",
  },
  {
    name: "websocket",
    label: "WebSocket",
    within: "WebSocket",
    mark: "◆",
    says: "One connection, frames in both directions.",
  },
];

/** The mark and the name of a transport, as every chart and table shows it: never by colour alone. */
export function nameOf(transport) {
  const name = document.createElement("span");
  name.className = `name ${transport.name}`;
  const mark = document.createElement("span");
  mark.className = "mark";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = transport.mark;
  name.append(mark, transport.label);
  return name;
}
