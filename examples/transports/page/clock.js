// The server's clock, as the page knows it.

const ATTEMPTS = 5;

export class Clock {
  #offset = 0;
  /** Milliseconds that it may be wrong by. */
  uncertainty = 0;

  /** Asks for the server's time five times and believes the answer that came back soonest. */
  async set() {
    let shortest = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sent = performance.now();
      const answer = await fetch("/clock", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      const { time } = await answer.json();
      const trip = performance.now() - sent;
      if (trip < shortest) {
        shortest = trip;
        // The time was read somewhere in the round trip: the middle is wrong by half of it at most.
        this.uncertainty = trip / 2;
        this.#offset = time - (sent + trip / 2);
      }
    }
  }

  /** Milliseconds of the server's clock. */
  now() {
    return performance.now() + this.#offset;
  }
}
