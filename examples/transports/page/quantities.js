// The numbers of the table: what each is called, what it means, how it is written.

/** In milliseconds, to two or three digits. */
export function time(milliseconds) {
  if (milliseconds < 0.1) return "< 0.1 ms";
  if (milliseconds < 10) return `${milliseconds.toFixed(milliseconds < 1 ? 2 : 1)} ms`;
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

/** A duration too short for milliseconds. */
export function shortTime(milliseconds) {
  return milliseconds < 1 ? `${digits(milliseconds * 1000)} µs` : time(milliseconds);
}

export function bytes(count) {
  // Whole bytes as long as they can be compared at a glance.
  if (count < 10) return `${digits(count)} B`;
  if (count < 10_000) return `${whole(Math.round(count))} B`;
  if (count < 1024 ** 2) return `${digits(count / 1024)} KiB`;
  return `${digits(count / 1024 ** 2)} MiB`;
}

export function perSecond(count) {
  return `${digits(count)} /s`;
}

export function whole(count) {
  return count.toLocaleString("en");
}

function digits(number) {
  if (number === 0) return "0";
  return number < 10 ? number.toFixed(number < 1 ? 2 : 1) : number.toFixed(0);
}

/**
 * A number as text. `null`: the program does not know it here; `undefined`: nothing to measure it of.
 */
export function written(value, format) {
  if (value === null) return "not known here";
  if (value === undefined) return "–";
  return format(value);
}

/** The rows of the table; `by` says who measured it. */
export const QUANTITIES = [
  {
    key: "median",
    label: "Latency, median",
    format: time,
    by: "this page",
    says: "Half of the updates came sooner: from when the server published one until this page had it.",
  },
  { key: "p99", label: "Latency, p99", format: time, by: "this page", says: "99 of 100 updates came sooner." },
  {
    key: "headlessMedian",
    label: "Latency, median",
    format: time,
    by: "headless clients",
    says: "The same as the headless clients of the program see it, since the last change of the settings.",
  },
  {
    key: "headlessP99",
    label: "Latency, p99",
    format: time,
    by: "headless clients",
    says: "99 of 100 of theirs came sooner.",
  },
  {
    key: "updates",
    label: "Updates received",
    format: perSecond,
    by: "all clients",
    says: "Copies that this page and the headless clients got.",
  },
  {
    key: "sent",
    label: "Bytes per update, down",
    format: bytes,
    by: "the server",
    says: "What it sent at its sockets, heads and empty answers too, for each copy received.",
  },
  {
    key: "received",
    label: "Bytes per update, up",
    format: bytes,
    by: "the server",
    says: "What it had to read for that: requests, acknowledgements, messages upwards.",
  },
  {
    key: "requestsPerSecond",
    label: "Requests",
    format: perSecond,
    by: "the server",
    says: "HTTP requests, WebSocket handshakes among them.",
  },
  { key: "requests", label: "Requests in all", format: whole, by: "the server", says: "Since the program began." },
  { key: "open", label: "TCP connections", format: whole, by: "the server", says: "Open now." },
  {
    key: "connections",
    label: "TCP connections in all",
    format: whole,
    by: "the server",
    says: "Accepted since the program began.",
  },
  {
    key: "cpu",
    label: "CPU per update",
    format: shortTime,
    by: "the server",
    says: "Time that the thread of this transport computed, for each copy received.",
  },
  {
    key: "heap",
    label: "Memory per client",
    format: bytes,
    by: "the server",
    says: "Heap that this thread holds, by its open connections.",
  },
  { key: "headless", label: "Headless clients", format: whole, by: "the server", says: "Connected now." },
];
