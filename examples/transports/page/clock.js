// The server's clock, as the page knows it.

const ATTEMPTS = 5;
/** Milliseconds after which an answer is no longer believed: clocks drift. */
const LASTS = 300_000;
/** Milliseconds between two times that the browser tells apart, at worst. */
const STEP = globalThis.crossOriginIsolated ? 0.1 : 1;

export class Clock {
  #offset = 0;
  #since = 0;
  /** Milliseconds that it may be wrong by. */
  uncertainty = Infinity;

  /** Another program runs, which began at zero. */
  reset() {
    this.uncertainty = Infinity;
  }

  /** Asks for the server's time five times and believes the answer that came back soonest, of these and all before. */
  async set() {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sent = performance.now();
      const answer = await fetch("/clock", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      const { time } = await answer.json();
      const trip = performance.now() - sent;
      // The time was read somewhere in the round trip: the middle is wrong by half of it at most.
      const uncertainty = trip / 2 + STEP;
      if (uncertainty < this.uncertainty || sent - this.#since > LASTS) {
        this.uncertainty = uncertainty;
        this.#since = sent;
        this.#offset = time - (sent + trip / 2);
      }
    }
  }

  /** The server wrote `time` before now: where the clock says otherwise it is slow. */
  after(time) {
    this.#offset += Math.max(time - this.now(), 0);
  }

  /** Milliseconds of the server's clock. */
  now() {
    return performance.now() + this.#offset;
  }
}
