import { monotonicMs } from '../../core/clock.js';
import type { Log } from '../../core/log.js';

export const STOPPED = "the database's disk is full";
/** Some writes still find room on a full disk, so that one which succeeds soon after proves nothing. */
const QUIET_MS = 5_000;

/**
 * What the commits of this node have shown of the database's disk: only a write that fails shows that it
 * is full, and only one that succeeds that it has room again.
 */
export class FullDisk {
  private stopped: { readonly sinceMs: number; refusedAtMs: number } | undefined;
  private trying: Promise<void> | undefined;

  constructor(
    private readonly log: Log,
    /** Writes something that needs room; rejects if there is none. */
    private readonly tryWrite: () => Promise<void>,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  /** The database has refused a write, because its disk is full. */
  refused(): void {
    const nowMs = this.nowMs();
    if (this.stopped === undefined) this.log.warn(`publishing stopped: ${STOPPED}`);
    this.stopped = { sinceMs: this.stopped?.sinceMs ?? nowMs, refusedAtMs: nowMs };
  }

  /** Messages have been stored. Called after every commit, so it has to be quick. */
  published(): void {
    if (this.stopped !== undefined && this.isQuiet()) this.goOn();
  }

  /** If nobody has published lately, it writes something itself. */
  async whyPublishingStops(): Promise<string | null> {
    if (this.stopped === undefined) return null;
    if (this.isQuiet()) {
      this.trying ??= this.tryAgain().finally(() => {
        this.trying = undefined;
      });
      await this.trying;
    }
    return this.stopped === undefined ? null : STOPPED;
  }

  private async tryAgain(): Promise<void> {
    try {
      await this.tryWrite();
    } catch {
      // Any failure leaves open whether there is room.
      if (this.stopped !== undefined) this.stopped.refusedAtMs = this.nowMs();
      return;
    }
    this.goOn();
  }

  private isQuiet(): boolean {
    return this.nowMs() - (this.stopped?.refusedAtMs ?? 0) >= QUIET_MS;
  }

  private goOn(): void {
    if (this.stopped === undefined) return;
    const afterMs = Math.round(this.nowMs() - this.stopped.sinceMs);
    this.stopped = undefined;
    this.log.info('publishing goes on: the disk has space again', { after_ms: afterMs });
  }
}
