/** Wakes what waits for a change of the worker's state. */
export class Condition {
  #waiting: (() => void)[] = [];

  readonly notify = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };

  /** Waits until this is true. It is checked after each change. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The same, but not longer than this. */
  async within(limitMs: number, isTrue: () => boolean): Promise<void> {
    let isOver = false;
    const limit = setTimeout(() => {
      isOver = true;
      this.notify();
    }, limitMs);
    await this.until(() => isOver || isTrue());
    clearTimeout(limit);
  }
}
