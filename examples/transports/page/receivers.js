// The four ways in which the same updates reach the page.
//
// Each runs until it fails or is stopped, and is then started again after a wait that doubles up to eight seconds.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const OUTSTANDING = 20;

const WAYS = { short: poll, long: waitForEach, sse: listen, websocket: converse };

/**
 * Receives updates by one transport. `on.state(text)` when it changes; `on.update(update, length)` per update, with
 * the length of its text where each comes by itself.
 */
export class Receiver {
  #stop = new AbortController();
  #outstanding = 0;
  #socket = null;
  #http;

  /** `place`: `{ port, interval() }`, the interval in milliseconds. */
  constructor(name, place, on) {
    this.name = name;
    this.#http = `http://${location.hostname}:${place.port}`;
    this.#run({
      address: this.#http,
      interval: place.interval,
      signal: this.#stop.signal,
      update: on.update,
      state: on.state,
      socket: (socket) => (this.#socket = socket),
    });
  }

  stop() {
    this.#stop.abort();
  }

  /**
   * Sends a text upwards: as a message where the connection has a way up, else by a request of its own.
   * Whether it went: not while the socket is closed, nor while twenty requests have no answer yet.
   */
  send(text) {
    if (this.name === "websocket") {
      if (this.#socket?.readyState !== WebSocket.OPEN) return false;
      this.#socket.send(text);
      return true;
    }
    if (this.#outstanding === OUTSTANDING) return false;
    this.#outstanding += 1;
    const request = fetch(`${this.#http}/message`, { method: "POST", body: text, signal: AbortSignal.timeout(5000) });
    request.catch(() => {}).finally(() => (this.#outstanding -= 1));
    return true;
  }

  async #run(way) {
    let wait = FIRST_WAIT;
    const open = () => {
      wait = FIRST_WAIT;
      way.state("running");
    };
    way.state("connecting");
    while (!way.signal.aborted) {
      await WAYS[this.name]({ ...way, open }).catch(() => {});
      if (way.signal.aborted) return;
      way.state(`lost, again in ${wait / 1000} s`);
      await sleep(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
}

/** Short polling: asks once in each interval, whether there is something new or not. */
async function poll({ address, interval, signal, open, update }) {
  for (let since = -1; ;) {
    const asked = performance.now();
    since = await ask(address, since, signal, update);
    open();
    // In slices of a second, so that another interval counts at once.
    for (let left; (left = asked + interval() - performance.now()) > 0 && !signal.aborted;) {
      await sleep(Math.min(left, 1000));
    }
  }
}

/** Long polling: the server answers when there is something new, and is asked again at once. */
async function waitForEach({ address, signal, open, update }) {
  for (let since = -1; ;) {
    since = await ask(address, since, signal, update);
    open();
  }
}

async function ask(address, since, signal, update) {
  const answer = await fetch(`${address}/updates?since=${since}`, { signal, cache: "no-store" });
  if (!answer.ok) throw new Error(await answer.text());
  const { next, updates } = await answer.json();
  for (const each of updates) update(each);
  return next;
}

/** Server-Sent Events: one request, and an answer that goes on. */
function listen({ address, signal, open, update }) {
  return new Promise((_, lost) => {
    const source = new EventSource(`${address}/updates`);
    source.onopen = open;
    source.onmessage = ({ data }) => update(JSON.parse(data), data.length);
    // It would try again by itself, at waits of its own: all four shall do it alike.
    source.onerror = () => (source.close(), lost(new Error("lost")));
    signal.onabort = () => (source.close(), lost(signal.reason));
  });
}

/** WebSocket: one handshake, then messages in both directions. */
function converse({ address, signal, open, update, socket }) {
  return new Promise((_, lost) => {
    const opened = new WebSocket(`${address.replace("http", "ws")}/?watch`);
    opened.onopen = () => (socket(opened), open());
    opened.onmessage = ({ data }) => update(JSON.parse(data), data.length);
    opened.onclose = () => lost(new Error("closed"));
    signal.onabort = () => (opened.close(1000), lost(signal.reason));
  });
}

function sleep(time) {
  return new Promise((resolve) => setTimeout(resolve, time));
}
