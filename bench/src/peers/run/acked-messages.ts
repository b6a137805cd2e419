/**
 * For peers that push messages to a handler: a unit waits until as many messages were acked as it
 * published. The units are served in the order in which they began to wait.
 */
export class AckedMessages {
  #spare = 0;
  #all = 0;
  #failure: unknown;
  readonly #waiting: { missing: number; resolve(): void; reject(reason: unknown): void }[] = [];

  /** All messages that were acked. */
  get all(): number {
    return this.#all;
  }

  add(count = 1): void {
    this.#all += count;
    this.#spare += count;
    for (let first = this.#waiting[0]; first && this.#spare > 0; first = this.#waiting[0]) {
      const taken = Math.min(first.missing, this.#spare);
      first.missing -= taken;
      this.#spare -= taken;
      if (first.missing > 0) return;
      this.#waiting.shift();
      first.resolve();
    }
  }

  take(count = 1): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ missing: count, resolve, reject });
      this.add(0);
    });
  }

  /** Fails the units that wait and those to come. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
