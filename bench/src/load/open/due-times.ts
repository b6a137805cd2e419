/** The times at which the units of a fixed rate are due, whatever has become of the earlier ones. */
export class DueTimes {
  #taken = 0;

  constructor(
    private readonly startMs: number,
    private readonly perSecond: number,
    private readonly untilMs: number,
  ) {}

  /** @returns the time of the next unit that is due by now; each unit only once */
  take(nowMs: number): number | undefined {
    const dueMs = this.startMs + (this.#taken * 1000) / this.perSecond;
    if (dueMs > nowMs || dueMs >= this.untilMs) return undefined;
    this.#taken += 1;
    return dueMs;
  }

  /** Whether all units have been taken. */
  get isOver(): boolean {
    return this.startMs + (this.#taken * 1000) / this.perSecond >= this.untilMs;
  }
}
