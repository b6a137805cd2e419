import {
  type Clock,
  monotonicMs,
  setSystemTimer,
  suspendedMs,
  wallMs,
} from '../../../core/clock.js';

/**
 * Store time is the database's clock plus an offset. The offset is stored in one row (`store_clock`),
 * and every statement that asks for the time adds it. Each node also counts store time by its own
 * monotonic clock, and compares. This is the whole rule:
 *
 * - A node believes the database's time while it is within 2 s of its own count. A commit group that
 *   reads anything else goes by the node's count, and nothing ends by time.
 * - A node that disagrees reads the time again at once, under a lock (`correct-clock.ts`), and moves the
 *   offset so that store time continues as it counted. A jump, even a lasting one, is over in moments,
 *   and leases and delays written meanwhile end as if there had been none. The other nodes then compare.
 * - Instead, a node adopts the time that it finds if it was itself suspended; if it began to watch a
 *   moment ago and others have moved the offset since; or if it disagrees only because others have
 *   undone its own correction of a moment ago. So two nodes never keep undoing each other's corrections.
 */
export const JUMP_MS = 2_000;
/** Two clocks that nobody sets may drift apart by this part of the time between two comparisons. */
const DRIFT = 1 / 2_000;
/** All nodes compare more often than this, so by then a node that knows better has moved the offset. */
const MOMENT_MS = 10_000;

/** What a node does about a disagreement, once it has the lock. */
export type Correction = 'agree' | 'adopt' | 'correct';

/** The offset in its row, and the store time that results. */
export interface ClockRow {
  readonly storeMs: number;
  readonly offsetMs: number;
}

export interface Resolution {
  readonly correction: Correction;
  readonly row: ClockRow;
}

/** The clocks of the machine that nobody sets; tests use their own. */
export interface MonotonicSource {
  monotonicMs(): number;
  /** How long the machine was suspended so far, which its monotonic clock does not count. */
  suspendedMs(): number;
}

/** Store time on this node. */
export class StoreClock implements Clock {
  private aheadMs = 0;
  private lastMs = 0;
  private agreedAtMs = 0;
  private watchedSinceMs = 0;
  private movedAtMs = Number.NEGATIVE_INFINITY;
  private suspendedBeforeMs = 0;
  /** The offset in the row when this node last agreed. */
  private agreedOffsetMs = 0;
  private isInDisagreement = false;

  constructor(
    /** Called once for each disagreement that begins. */
    private readonly onDisagreement: (jumpMs: number) => void,
    private readonly source: MonotonicSource = { monotonicMs, suspendedMs },
  ) {}

  nowMs(): number {
    this.lastMs = Math.max(this.lastMs, Math.floor(this.countedMs()));
    return this.lastMs;
  }

  monotonicMs = (): number => this.source.monotonicMs();
  wallMs = wallMs;
  setTimer = setSystemTimer;

  /** Whether the database's clock can be trusted with actions that cannot be undone. */
  isTrusted(): boolean {
    return !this.isInDisagreement;
  }

  /**
   * Compares the store time that the database reported with this node's count. The database read its
   * clock at some moment between `sinceMs` of the monotonic clock and now: the answer may have waited
   * for others, a commit among them, so the moment is not known more exactly.
   *
   * @param rowOffsetMs the offset that was added, if the answer includes it
   * @returns the time to go by: the reported one, if it is credible, else this node's count
   */
  timeOf(saidMs: number, sinceMs: number, rowOffsetMs?: number): number {
    const elapsedMs = this.source.monotonicMs();
    const leastMs = saidMs - elapsedMs;
    const aheadMs = Math.max(leastMs, Math.min(this.aheadMs, saidMs - sinceMs));
    if (Math.abs(aheadMs - this.aheadMs) > this.toleranceMs()) {
      const isNew = !this.isInDisagreement;
      this.isInDisagreement = true;
      if (isNew) this.onDisagreement(aheadMs - this.aheadMs);
      return this.nowMs();
    }
    this.aheadMs = aheadMs;
    this.agreedAtMs = elapsedMs;
    if (rowOffsetMs !== undefined) this.agreedOffsetMs = rowOffsetMs;
    this.isInDisagreement = false;
    return saidMs;
  }

  /** Takes the time of the row, whatever was counted so far, and starts watching again from it. */
  adopt({ storeMs, offsetMs }: ClockRow): void {
    const elapsedMs = this.source.monotonicMs();
    this.aheadMs = storeMs - elapsedMs;
    this.lastMs = storeMs;
    this.agreedAtMs = elapsedMs;
    this.watchedSinceMs = elapsedMs;
    this.suspendedBeforeMs = this.source.suspendedMs();
    this.agreedOffsetMs = offsetMs;
    this.isInDisagreement = false;
  }

  /** Decides what to do about the row, which is locked, and what to leave in it. */
  resolve(row: ClockRow): Resolution {
    const countedMs = Math.round(this.countedMs());
    const disagreementMs = row.storeMs - countedMs;
    if (Math.abs(disagreementMs) <= this.toleranceMs()) return { correction: 'agree', row };
    const suspendedMs = this.source.suspendedMs() - this.suspendedBeforeMs;
    if (suspendedMs > JUMP_MS || this.givesWay(disagreementMs, row)) {
      return { correction: 'adopt', row };
    }
    const offsetMs = row.offsetMs - disagreementMs;
    return { correction: 'correct', row: { storeMs: countedMs, offsetMs } };
  }

  /** Called when the resolution is committed. */
  accept({ correction, row }: Resolution, sinceMs: number): void {
    if (correction === 'correct') this.movedAtMs = this.source.monotonicMs();
    if (correction === 'adopt') this.adopt(row);
    else this.timeOf(row.storeMs, sinceMs, row.offsetMs);
  }

  private givesWay(disagreementMs: number, row: ClockRow): boolean {
    const movedByOthersMs = row.offsetMs - this.agreedOffsetMs;
    if (movedByOthersMs === 0) return false;
    const momentAgoMs = this.source.monotonicMs() - MOMENT_MS;
    if (this.watchedSinceMs > momentAgoMs) return true;
    const isUndone = Math.abs(disagreementMs - movedByOthersMs) <= this.toleranceMs();
    return isUndone && this.movedAtMs > momentAgoMs;
  }

  private countedMs(): number {
    return this.source.monotonicMs() + this.aheadMs;
  }

  private toleranceMs(): number {
    return JUMP_MS + (this.source.monotonicMs() - this.agreedAtMs) * DRIFT;
  }
}
