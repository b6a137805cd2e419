import {
  type Clock,
  monotonicMs,
  setSystemTimer,
  suspendedMs,
  wallMs,
} from '../../../core/clock.js';

/**
 * Store time is the database's clock plus an offset, which stands in one row (`store_clock`) that
 * every statement which asks for the time adds. Each node counts store time on by its own monotonic
 * clock, and compares. This is the whole rule:
 *
 * - What the database says is believed while it is within 2 s of what the node counted. A commit group
 * that   hears anything else goes by the node's own count, and nothing is ended by time.
 * - A node that disagrees looks again under a lock, at once (`correct-clock.ts`), and moves the offset
 *   so that store time goes on as it counted: a jump, one that stays included, is over in moments, and
 *   what was written meanwhile ends as if there had been none. The other nodes then look too.
 * - A node takes the time as it finds it instead if it was itself suspended; if it has begun to watch a
 *   moment ago and others have moved the offset since; or if what it disagrees about is just that others
 *   have undone what it moved a moment ago. So two nodes never go on undoing each other.
 */
export const JUMP_MS = 2_000;
/** Two clocks that nobody sets may drift apart by this part of the time between two looks. */
const DRIFT = 1 / 2_000;
/** All nodes look more often than this, so that whoever knows better has said so. */
const MOMENT_MS = 10_000;

/** What a node does about a disagreement, once it has the lock. */
export type Correction = 'agree' | 'adopt' | 'correct';

/** The row of the offset, and store time by it. */
export interface ClockRow {
  readonly storeMs: number;
  readonly offsetMs: number;
}

export interface Resolution {
  readonly correction: Correction;
  readonly row: ClockRow;
}

/** The machine's clocks that count without being set; a test has its own. */
export interface MonotonicSource {
  monotonicMs(): number;
  /** How long the machine was suspended so far: that its monotonic clock does not count. */
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
  /** The offset that stood in the row when this node last agreed. */
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

  /** Whether the database's clock is as it was: what cannot be undone may go by it. */
  isTrusted(): boolean {
    return !this.isInDisagreement;
  }

  /**
   * Compares what the database said store time was, between a moment of the monotonic clock and now.
   * An answer may have waited for others, a commit among them: so much it does not tell.
   *
   * @param rowOffsetMs the offset that was added, where the answer says it
   * @returns the time to go by: what was said, if it is credible, else what this node has counted
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

  /** Takes the time as the row says it, whatever was counted so far, and watches anew. */
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

  /** What to do, given the row as it is just now, under its lock, and how to leave it. */
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

  /** The row is committed as it was resolved. */
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
