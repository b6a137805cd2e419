const FAILURES_TO_SLOW = 5;
const GAP_MS = 50;

/**
 * A receiver that refuses everything at once would otherwise take as much of the machine's capacity as
 * one that works: after some failures in a row its pushes go one by one, with a gap, until one succeeds.
 */
export class Pace {
  private failures = 0;
  private nextAtMs = 0;

  get isSlow(): boolean {
    return this.failures >= FAILURES_TO_SLOW;
  }

  /** When the next push may begin. */
  get notBeforeMs(): number {
    return this.isSlow ? this.nextAtMs : 0;
  }

  ended(success: boolean, nowMs: number): void {
    this.failures = success ? 0 : this.failures + 1;
    this.nextAtMs = nowMs + GAP_MS;
  }
}
