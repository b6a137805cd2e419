import type { Clock } from '../core/clock.js';

/** All background jobs have these methods. `start` and `stop` are idempotent. */
export interface BackgroundJob {
  start(): void;
  /** Resolves when the work that is due now is done. */
  catchUp(): Promise<void>;
  /** Waits for work under way. */
  stop(): Promise<void>;
}

/**
 * Runs a step from time to time. `step` returns the milliseconds until its next run, or null to run
 * only when woken; its argument says whether it was woken. A failed step is run again after a second.
 */
export class SteppedJob implements BackgroundJob {
  private started = false;
  private cancelTimer: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private woken = false;
  /** When the next run is due, on the monotonic clock. */
  private dueAtMs = Number.POSITIVE_INFINITY;
  /** The last step left work for the next one, which follows after a short pause. */
  private hasMore = false;

  constructor(
    private readonly clock: Clock,
    private readonly step: (woken: boolean) => Promise<number | null>,
  ) {}

  start(): void {
    if (this.started) return;
    this.started = true;
    this.wake();
  }

  /** Runs the step soon, because there is something to do. */
  wake(): void {
    this.woken = true;
    if (!this.started || this.running !== undefined) return;
    this.runNow();
  }

  async catchUp(): Promise<void> {
    while (this.started) {
      if (this.running !== undefined) await this.running;
      else if (this.hasMore || this.dueAtMs <= this.clock.monotonicMs()) this.runNow();
      else return;
    }
  }

  async stop(): Promise<void> {
    this.started = false;
    this.cancelTimer?.();
    await this.running;
  }

  private runNow(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.run();
  }

  private run(): void {
    const { woken } = this;
    this.woken = false;
    this.running = this.step(woken)
      .catch(() => RETRY_MS)
      .then((delayMs) => {
        this.running = undefined;
        if (!this.started) return;
        if (this.woken || delayMs === 0) this.run();
        else this.runAfter(delayMs ?? Number.POSITIVE_INFINITY);
      });
  }

  private runAfter(delayMs: number): void {
    this.hasMore = delayMs <= PAUSE_MAX_MS;
    this.dueAtMs = this.clock.monotonicMs() + delayMs;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.cancelTimer = this.clock.setTimer(() => this.run(), delayMs);
  }
}

const RETRY_MS = 1_000;
/** A longer delay is no pause within the same work. */
const PAUSE_MAX_MS = 100;
