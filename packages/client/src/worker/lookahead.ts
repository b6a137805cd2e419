/** The weight of the newest measurement in an average. */
const WEIGHT = 0.1;
/** Messages that are leased ahead have to wait, so there is a limit however short the handlers are. */
const SHARE_MAX = 7;

/**
 * How many messages to fetch for handlers that are not free yet. By Little's law, the share of them that
 * becomes free during a fetch is the time of a fetch divided by the time of a handler. With slow
 * handlers it is zero, so that no message waits here while another worker could do its work.
 */
export class Lookahead {
  #fetchMs = 0;
  #handlerMs: number | undefined;

  /** A fetch that did not wait for messages took this long. */
  fetched(durationMs: number): void {
    this.#fetchMs += WEIGHT * (durationMs - this.#fetchMs);
  }

  handled(durationMs: number): void {
    const beforeMs = this.#handlerMs ?? durationMs;
    this.#handlerMs = beforeMs + WEIGHT * (durationMs - beforeMs);
  }

  messages(concurrency: number): number {
    if (this.#handlerMs === undefined) return 0;
    const share = this.#fetchMs / Math.max(1, this.#handlerMs);
    return Math.floor(concurrency * Math.min(SHARE_MAX, share));
  }
}
