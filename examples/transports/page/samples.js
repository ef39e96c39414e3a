// Latencies over time, in memory of a fixed size.

/** Pairs of a time and a value; the oldest go when it is full. */
export class Ring {
  #times;
  #values;
  #next = 0;
  length = 0;

  constructor(capacity) {
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  push(time, value) {
    this.#times[this.#next] = time;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#times.length;
    this.length = Math.min(this.length + 1, this.#times.length);
  }

  clear() {
    this.#next = this.length = 0;
  }

  /** Calls `visit(time, value)` for each pair not older than `time`, newest first. */
  since(time, visit) {
    const capacity = this.#times.length;
    for (let age = 1; age <= this.length; age += 1) {
      const index = (this.#next - age + capacity) % capacity;
      if (this.#times[index] < time) return;
      visit(this.#times[index], this.#values[index]);
    }
  }
}

const SHOWN_TIME = 60_000;
const DOTS_PER_SECOND = 20;

/** What the page measured of one transport. */
export class Latencies {
  // As many updates as there are in 16 s at the highest rate.
  #all = new Ring(16_384);
  // One pair a second, and somewhat more than a minute of them. A gap is NaN.
  medians = new Ring(SHOWN_TIME / 1000 + 5);
  p99s = new Ring(SHOWN_TIME / 1000 + 5);
  // Single updates to draw: no more than can be told apart.
  dots = new Ring((SHOWN_TIME / 1000) * DOTS_PER_SECOND * 2);
  received = 0;

  /** `rate`: updates per second, by which the drawn ones are thinned out. */
  add(time, latency, rate) {
    this.#all.push(time, latency);
    if (this.received % Math.ceil(rate / DOTS_PER_SECOND) === 0) this.dots.push(time, latency);
    this.received += 1;
  }

  /** Median and p99 of the last `window` milliseconds; adds them to what is drawn. Undefined where nothing came. */
  summarise(now, window) {
    const values = [];
    this.#all.since(now - window, (_, value) => values.push(value));
    values.sort((left, right) => left - right);
    const summary = { median: quantile(values, 0.5), p99: quantile(values, 0.99) };
    this.medians.push(now, summary.median ?? NaN);
    this.p99s.push(now, summary.p99 ?? NaN);
    return summary;
  }

  /** Forgets what numbers are computed of; what is drawn stays. */
  restart() {
    this.#all.clear();
  }

  /** Forgets everything: the clock is another. */
  clear() {
    for (const ring of [this.#all, this.medians, this.p99s, this.dots]) ring.clear();
    this.received = 0;
  }
}

/** The smallest value that `part` of the sorted values do not exceed. */
export function quantile(sorted, part) {
  return sorted[Math.max(Math.ceil(sorted.length * part) - 1, 0)];
}
