// The page of the transport lab: receives the same updates in four ways, and shows what each costs.

import { TRANSPORTS } from "./transports.js";
import { Cards } from "./cards.js";
import { Bars } from "./bars.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { Figures } from "./figures.js";
import { Latencies } from "./samples.js";
import { Pasted } from "./pasted.js";
import { Receiver } from "./receivers.js";
import { Table } from "./table.js";
import { Upward } from "./upward.js";
import { Wire } from "./wire.js";
import { bytes, perSecond, shortTime, time, whole } from "./quantities.js";
import { findSession, getJson } from "./session.js";

const SHORTEST_WINDOW = 10_000;
const LONGEST_WINDOW = 60_000;
const SET_CLOCK_EACH = 60_000;

const notice = document.getElementById("notice");
const clock = new Clock();
const figures = new Figures();
const latencies = Object.fromEntries(TRANSPORTS.map(({ name }) => [name, new Latencies()]));
const receivers = {};
const paused = new Set();
let session = null;
let settings = { rate: 10, size: 100, interval: 1000 };
// The bytes of an update itself, as the last one had them.
let updateBytes;

const cards = new Cards(document.getElementById("cards"), (name, pause) => {
  if (pause) paused.add(name);
  else paused.delete(name);
  if (session !== null) start(name);
});
const charts = [
  new Bars({
    key: "bytes",
    title: "Bytes on the wire per update",
    parts: ["sent", "received"],
    format: bytes,
    mark: () => updateBytes,
    says: "Counted at the server's sockets: down (solid) and up (striped). The upright line is the update itself.",
  }),
  new Bars({
    key: "requests",
    title: "HTTP requests per second",
    parts: ["requestsPerSecond"],
    format: perSecond,
    says: "Counted by the server. Each carries its heads again, both ways.",
  }),
  new Bars({
    key: "connections",
    title: "TCP connections open",
    parts: ["open"],
    format: whole,
    says: "Counted by the server now. A POST beside a waiting request needs one more.",
  }),
  new Bars({
    key: "cpu",
    title: "Server CPU time per update",
    parts: ["cpu"],
    format: shortTime,
    says: "Time that the thread of each transport computed, for each copy of an update received.",
  }),
  new Bars({
    key: "memory",
    title: "Server memory per client",
    parts: ["heap"],
    format: bytes,
    says: "Heap held by the thread of each transport, divided by its open connections. At few clients, what it holds anyway weighs most.",
  }),
  new Bars({
    key: "headless",
    title: "Latency of headless clients",
    parts: ["headlessMedian"],
    format: time,
    says: "Median, measured by the program's own clients, not by this page. Set some to see it.",
  }),
];
document.getElementById("charts").append(...charts.map(({ element }) => element));
const table = new Table(document.getElementById("numbers"));
const controls = new Controls(document.getElementById("settings"), (accepted) => {
  settings = accepted;
  figures.restart();
  for (const each of Object.values(latencies)) each.restart();
});
const upward = new Upward((number) => {
  const failed = [];
  for (const { name, label } of TRANSPORTS) {
    const sent = receivers[name]?.send(JSON.stringify({ time: clock.now(), number }));
    if (!sent) failed.push(label);
  }
  return failed;
});
const wire = new Wire();
new Pasted();

/** Starts or stops one transport, as its switch says. */
function start(name) {
  receivers[name]?.stop();
  delete receivers[name];
  if (paused.has(name)) {
    cards.state(name, "paused");
    return;
  }
  receivers[name] = new Receiver(
    name,
    { port: session.ports[name], interval: () => settings.interval },
    {
      state: (text) => cards.state(name, text),
      update(update, length) {
        // A tab in the background is held back by the browser: that would be measured, not the transport.
        if (document.hidden) return;
        clock.after(update.time);
        const now = clock.now();
        latencies[name].add(now, now - update.time, settings.rate);
        updateBytes = length ?? updateBytes;
      },
    },
  );
}

async function begin() {
  session = await findSession((seconds) => {
    notice.textContent = `The program does not answer. It is asked again in ${seconds} s. Started anew, it has another address: it prints it.`;
    notice.hidden = false;
  });
  clock.reset();
  try {
    await clock.set();
  } catch {
    return begin();
  }
  notice.hidden = true;
  settings = session.settings;
  controls.show(settings);
  figures.restart();
  wire.clear();
  for (const { name } of TRANSPORTS) {
    latencies[name].clear();
    start(name);
  }
}

function lose() {
  session = null;
  for (const { name } of TRANSPORTS) {
    receivers[name]?.stop();
    delete receivers[name];
    cards.state(name, "ended");
  }
  begin();
}

async function everySecond() {
  await look();
  setTimeout(everySecond, 1000);
}

async function look() {
  if (session !== null && !document.hidden) {
    const received = Object.fromEntries(TRANSPORTS.map(({ name }) => [name, latencies[name].received]));
    const current = session;
    try {
      const answer = await getJson("/figures");
      if (session !== current) return;
      // It may be another program, at the same port and with other ports for the rest.
      if (answer.number !== current.number) return lose();
      figures.add(answer, received);
      show();
    } catch {
      if (session === current) lose();
    }
  }
}

function show() {
  // At few updates a second it takes longer to see some.
  const window = Math.min(Math.max(SHORTEST_WINDOW, 10_000 / settings.rate, 10 * settings.interval), LONGEST_WINDOW);
  const now = clock.now();
  const numbers = {};
  TRANSPORTS.forEach(({ name }, index) => {
    numbers[name] = { ...figures.of(index, window), ...latencies[name].summarise(now, window) };
  });
  for (const each of [cards, table, upward]) each.show(numbers);
  for (const chart of charts) chart.draw(numbers);
  for (const place of document.querySelectorAll(".window")) place.textContent = `${window / 1000} s`;
  document.getElementById("uncertainty").textContent = time(clock.uncertainty);
  document.getElementById("now").textContent = statement(numbers);
}

/** What is to be seen at the moment, in words. */
function statement(numbers) {
  const cost = ({ sent, received }) => (sent === undefined || received === undefined ? undefined : sent + received);
  const parts = TRANSPORTS.toReversed().flatMap(({ name, within }) => {
    const { median } = numbers[name];
    const total = cost(numbers[name]);
    return median === undefined || total === undefined ? [] : [`${time(median)} and ${bytes(total)} by ${within}`];
  });
  if (parts.length === 0) return "Waiting for the first updates.";
  return `Right now an update takes, in the median, ${parts.join("; ")}.`;
}

// Four times a second is smooth enough to see it move; whoever wants less movement gets the points as they come.
const still = matchMedia("(prefers-reduced-motion: reduce)");
let drawn = 0;
setInterval(() => {
  const now = performance.now();
  if (document.hidden || session === null || (still.matches && now - drawn < 1000)) return;
  drawn = now;
  cards.draw(latencies, clock.now());
}, 250);
document.addEventListener("visibilitychange", () => {
  // What came meanwhile was not counted.
  if (!document.hidden) figures.restart();
});
setInterval(() => {
  if (session !== null) clock.set().catch(() => {});
}, SET_CLOCK_EACH);

await begin();
everySecond();
