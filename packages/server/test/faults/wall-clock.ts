import type { History } from './ledger-history.js';
import type { CheckOptions } from './violation.js';

/** Both clocks are read within this, or the reading says nothing. */
const READ_WITHIN_MS = 0.5;
/** Wall time comes in whole milliseconds. */
const NOTICED_MS = 3;

/**
 * Watches the wall clock beside the monotonic one. PostgreSQL times leases by wall time; where
 * somebody sets that in the middle of a run (a machine that is paused and goes on, a correction),
 * leases end by so much too early for the test's clock, and that is nobody's fault.
 */
export class WallClock {
  #offsetMs: number | undefined;

  constructor(
    private readonly monotonicMs: () => number,
    private readonly wallMs: () => number,
  ) {}

  /** By how much the wall clock was set since it was asked last; 0 when it was not. */
  takeStepMs(): number {
    const beforeMs = this.monotonicMs();
    const offsetMs = this.wallMs() - beforeMs;
    if (this.monotonicMs() - beforeMs > READ_WITHIN_MS) return 0;
    const stepMs = offsetMs - (this.#offsetMs ?? offsetMs);
    if (this.#offsetMs !== undefined && Math.abs(stepMs) < NOTICED_MS) return 0;
    this.#offsetMs = offsetMs;
    return stepMs;
  }
}

/**
 * How far the server's time may be from the test's at the end of a span. A step is noticed with the
 * event after it, so one at the very beginning was before.
 */
export function clockSlackMs(
  history: History,
  options: CheckOptions,
  fromMs: number,
  toMs: number,
): number {
  const stepsMs = history.clockSteps
    .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    .map(({ stepMs }) => Math.abs(stepMs));
  return options.clockSlackMs + stepsMs.reduce((sum, stepMs) => sum + stepMs, 0);
}
