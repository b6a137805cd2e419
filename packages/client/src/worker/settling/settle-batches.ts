import { nextTurn } from '../../transport/sleep.js';

interface Waiting<Entry, Result> {
  readonly entry: Entry;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls under way at once, so that the server has one while the answer to the other is read. */
const MAX_IN_FLIGHT = 2;

/**
 * Sends entries by a call that takes many, and gives each its result. Nothing waits longer than it must:
 * entries of one turn travel together, and others gather only while two calls are under way. So calls are
 * small and early when there is little to do, and large when there is much.
 */
export class SettleBatches<Entry, Result> {
  readonly #maxEntries: number;
  readonly #send: (entries: readonly Entry[]) => Promise<readonly Result[]>;
  #waiting: Waiting<Entry, Result>[] = [];
  #inFlight = 0;
  #isFlushing = false;

  constructor(maxEntries: number, send: (entries: readonly Entry[]) => Promise<readonly Result[]>) {
    this.#maxEntries = maxEntries;
    this.#send = send;
  }

  add(entry: Entry): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (!this.#isFlushing) void this.#flushSoon();
    });
  }

  async #flushSoon(): Promise<void> {
    this.#isFlushing = true;
    await nextTurn();
    this.#isFlushing = false;
    while (this.#waiting.length > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      void this.#sendBatch(this.#waiting.splice(0, this.#maxEntries));
    }
  }

  async #sendBatch(batch: readonly Waiting<Entry, Result>[]): Promise<void> {
    this.#inFlight += 1;
    try {
      const results = await this.#send(batch.map(({ entry }) => entry));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#inFlight -= 1;
      void this.#flushSoon();
    }
  }
}
