import { monotonicMs } from '../../../core/clock.js';
import { causeOf } from '../../../core/fault.js';
import type { Log } from '../../../core/log.js';

/** A connection that breaks again and again writes at most two lines in this time. */
const BETWEEN_LOSSES_MS = 10_000;

/**
 * Logs when a connection to the database was lost and when it is back, whoever notices it first: one
 * line each, however many calls fail in between.
 */
export class Reachability {
  private lost: { readonly atMs: number; isTold: boolean; failures: number } | undefined;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  /** @param what the name of the connection in the log lines */
  constructor(
    private readonly what: string,
    private readonly log: Log,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  failed(error: unknown): void {
    const nowMs = this.nowMs();
    this.lost ??= { atMs: nowMs, isTold: false, failures: 0 };
    this.lost.failures += 1;
    if (this.lost.isTold || nowMs - this.toldAtMs < BETWEEN_LOSSES_MS) return;
    this.lost.isTold = true;
    this.toldAtMs = nowMs;
    this.log.warn(`${this.what} was lost`, { cause: causeOf(error) });
  }

  /** Called after every success, so it has to be quick. */
  answered(): void {
    if (this.lost === undefined) return;
    const { atMs, isTold, failures } = this.lost;
    this.lost = undefined;
    if (!isTold) return;
    const awayMs = Math.round(this.nowMs() - atMs);
    this.log.info(`${this.what} is back`, { away_ms: awayMs, failures });
  }
}
