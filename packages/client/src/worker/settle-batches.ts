interface Waiting<Entry, Result> {
  readonly entry: Entry;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls under way at once. Entries that come in the meantime gather. */
const MAX_IN_FLIGHT = 4;

/** Gathers entries for a call that takes many, and gives each its result. */
export class SettleBatches<Entry, Result> {
  readonly #maxEntries: number;
  readonly #send: (entries: readonly Entry[]) => Promise<readonly Result[]>;
  #lingerMs: number;
  #waiting: Waiting<Entry, Result>[] = [];
  #inFlight = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    maxEntries: number,
    lingerMs: number,
    send: (entries: readonly Entry[]) => Promise<readonly Result[]>,
  ) {
    this.#maxEntries = maxEntries;
    this.#lingerMs = lingerMs;
    this.#send = send;
  }

  add(entry: Entry): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length >= this.#maxEntries) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), this.#lingerMs);
    });
  }

  /** From now on nothing waits for others. */
  hurry(): void {
    this.#lingerMs = 0;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
      this.#flush();
    }
  }
}
