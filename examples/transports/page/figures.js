// From the cumulative figures of the program to what happened lately.

const KEPT = 62;

export class Figures {
  // One snapshot a second, a minute of them.
  #snapshots = [];
  // By transport: what a poll costs the server to read, known from times when nothing was sent upwards.
  #bytesOfPoll = {};

  /** `received`: by transport, how many updates the page itself has had by now. */
  add(figures, received) {
    this.#snapshots.push({ ...figures, received: { ...received } });
    if (this.#snapshots.length > KEPT) this.#snapshots.shift();
  }

  /** The next numbers are about what comes from now on. */
  restart() {
    this.#snapshots = [];
    this.#bytesOfPoll = {};
  }

  /**
   * What one transport did in the last `window` milliseconds.
   *
   * `null`: the program does not know it; `undefined`: there is nothing to say it of (yet).
   */
  of(index, window) {
    const last = this.#snapshots.at(-1);
    if (last === undefined) return {};
    const first = this.#snapshots.find(({ time }) => last.time - time <= window + 500) ?? last;
    const [now, then] = [last.transports[index], first.transports[index]];
    const { name } = now;
    const seconds = (last.time - first.time) / 1000;
    const change = (key) => now[key] - then[key];
    // Every copy counts: those that the page got, and those that headless clients got.
    const delivered = change("delivered") + last.received[name] - first.received[name];
    const perUpdate = (amount) => (delivered > 0 ? amount / delivered : undefined);
    return {
      updates: seconds > 0 ? delivered / seconds : undefined,
      sent: perUpdate(change("sent")),
      received: perUpdate(change("received")),
      requestsPerSecond: seconds > 0 ? change("requests") / seconds : undefined,
      requests: now.requests,
      open: now.open,
      connections: now.connections,
      cpu: now.cpu === null || then.cpu === null ? null : perUpdate(change("cpu")),
      heap: now.heap === null ? null : now.open > 0 ? now.heap / now.open : undefined,
      headless: now.headless,
      headlessMedian: now.latency?.median,
      headlessP99: now.latency?.p99,
      upward: this.#upward(name, now, then),
    };
  }

  // A poll and a message upwards arrive at the same socket. What a poll takes is known from when there were polls
  // only; the rest is what the messages took.
  #upward(name, now, then) {
    const count = (now.upward?.count ?? 0) - (then.upward?.count ?? 0);
    const requests = now.requests - then.requests;
    const bytes = now.received - then.received;
    if (count === 0 && requests > 0) this.#bytesOfPoll[name] = bytes / requests;
    const polls = name === "websocket" ? requests : Math.max(requests - count, 0);
    const ofPolls = polls === 0 ? 0 : polls * (this.#bytesOfPoll[name] ?? NaN);
    return {
      count: now.upward?.count ?? 0,
      median: now.upward?.median,
      p99: now.upward?.p99,
      bytes: count > 0 && !Number.isNaN(ofPolls) ? Math.max(bytes - ofPolls, 0) / count : undefined,
    };
  }
}
