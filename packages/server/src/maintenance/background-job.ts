import type { Clock } from '../core/clock.js';

/** All background jobs have these methods. Both are idempotent; `stop` waits for work under way. */
export interface BackgroundJob {
  start(): void;
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
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.run();
  }

  async stop(): Promise<void> {
    this.started = false;
    this.cancelTimer?.();
    await this.running;
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
        else if (delayMs !== null)
          this.cancelTimer = this.clock.setTimer(() => this.run(), delayMs);
      });
  }
}

const RETRY_MS = 1_000;
