import { type Clock, monotonicMs, setSystemTimer, wallMs } from '../../core/clock.js';
import type { Log } from '../../core/log.js';

/** More than this apart from the monotonic clock, and the database's clock has jumped. */
const JUMP_MS = 5_000;
/** A jump that lasts is believed after this long. */
const DISTRUST_MS = 60_000;

/**
 * The database's time, as every answer of its carries it, counted on by the monotonic clock in
 * between. After a jump, leases are not swept until the clock is back or has been steady again for
 * a minute: a jump must not end them all at once.
 */
export class DatabaseClock implements Clock {
  private offsetMs = 0;
  private lastMs = 0;
  private beforeJump: { offsetMs: number; atMs: number } | undefined;

  constructor(private readonly log: Log) {}

  nowMs(): number {
    this.lastMs = Math.max(this.lastMs, Math.floor(monotonicMs() + this.offsetMs));
    return this.lastMs;
  }

  wallMs = wallMs;

  setTimer = setSystemTimer;

  /**
   * Takes in what the database said its time was, between a moment of the monotonic clock and now.
   * An answer may have waited for others, a commit among them: so much it does not tell.
   */
  observe(databaseMs: number, sinceMs: number): void {
    const elapsedMs = monotonicMs();
    const known = this.offsetMs !== 0;
    const leastMs = databaseMs - elapsedMs;
    const offsetMs = known
      ? Math.max(leastMs, Math.min(this.offsetMs, databaseMs - sinceMs))
      : leastMs;
    if (known && Math.abs(offsetMs - this.offsetMs) > JUMP_MS) {
      this.beforeJump ??= { offsetMs: this.offsetMs, atMs: elapsedMs };
      this.log.warn("the database's clock jumped; leases are not swept until that is explained", {
        jump_ms: Math.round(offsetMs - this.offsetMs),
      });
    }
    this.offsetMs = offsetMs;
    if (this.beforeJump === undefined) return;
    const isBack = Math.abs(offsetMs - this.beforeJump.offsetMs) <= JUMP_MS;
    if (!isBack && elapsedMs - this.beforeJump.atMs < DISTRUST_MS) return;
    this.log.warn(`the database's clock is ${isBack ? 'back' : 'steady again'}; leases are swept`, {
      after_ms: Math.round(elapsedMs - this.beforeJump.atMs),
    });
    this.beforeJump = undefined;
  }

  /** Whether the sweep of leases may go by this clock. */
  isTrusted(): boolean {
    return this.beforeJump === undefined;
  }
}
