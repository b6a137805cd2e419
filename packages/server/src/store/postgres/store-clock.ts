import { type Clock, monotonicMs, setSystemTimer, suspendedMs, wallMs } from '../../core/clock.js';

/**
 * Store time is the database's clock plus an offset, which stands in one row (`store_clock`) that
 * every statement which asks for the time adds. Each node counts store time on by its own monotonic
 * clock, and compares. This is the whole rule:
 *
 * - What the database says is believed while it is within 2 s of what the node counted. A group that
 *   hears anything else goes by the node's own count, and nothing is swept: no lease is ended, nothing
 *   is removed for its age.
 * - A node that disagrees looks again under a lock, at once (`correct-clock.ts`), and moves the offset
 *   so that store time goes on as it counted: a jump, one that stays included, is over in moments, and
 *   what was written meanwhile ends as if there had been none.
 * - It takes the time as it finds it instead, if it was itself suspended, or if another node has moved
 *   the offset meanwhile that watches the clock for longer.
 */
export const JUMP_MS = 2_000;
/** Two clocks that nobody sets may drift apart by this part of the time between two looks. */
const DRIFT = 1 / 2_000;

/** What a node does about a disagreement, once it has the lock. */
export type Correction = 'agree' | 'adopt' | 'correct';

export interface Disagreement {
  /** Store time as the database and the row say it. */
  readonly storeMs: number;
  /** Store time as this node has counted it. */
  readonly countedMs: number;
  readonly toleranceMs: number;
  readonly wasSuspended: boolean;
  /** Somebody has moved the offset since this node last agreed. */
  readonly isMovedByOthers: boolean;
  /** Who moved it last; null: nobody has. */
  readonly mover: number | null;
  /** This node's number: nodes are numbered as they begin to watch the clock. */
  readonly watcher: number;
}

export function decideCorrection(seen: Disagreement): Correction {
  const { storeMs, countedMs, toleranceMs, mover } = seen;
  if (Math.abs(storeMs - countedMs) <= toleranceMs) return 'agree';
  if (seen.wasSuspended) return 'adopt';
  const isOutranked = seen.isMovedByOthers && mover !== null && mover < seen.watcher;
  return isOutranked ? 'adopt' : 'correct';
}

/** The row of the offset, and store time by it. */
export interface ClockRow {
  readonly storeMs: number;
  readonly offsetMs: number;
  /** How often the offset was moved. */
  readonly moves: number;
  readonly mover: number | null;
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
  private offsetMs = 0;
  private lastMs = 0;
  private agreedAtMs = 0;
  private suspendedBeforeMs = 0;
  /** How often the offset had been moved when this node last agreed. */
  private moves = 0;
  /** Nodes are numbered as they begin to watch: who came first knows better. */
  private watcher = 0;
  private disagreesSinceMs: number | undefined;

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
    return this.disagreesSinceMs === undefined;
  }

  /**
   * Compares what the database said store time was, between a moment of the monotonic clock and now.
   * An answer may have waited for others, a commit among them: so much it does not tell.
   *
   * @param moves how often the offset had been moved, where the answer says it
   * @returns the time to go by: what was said, if it is credible, else what this node has counted
   */
  timeOf(saidMs: number, sinceMs: number, moves?: number): number {
    const elapsedMs = this.source.monotonicMs();
    const leastMs = saidMs - elapsedMs;
    const offsetMs = Math.max(leastMs, Math.min(this.offsetMs, saidMs - sinceMs));
    if (Math.abs(offsetMs - this.offsetMs) > this.toleranceMs()) {
      if (this.disagreesSinceMs === undefined) {
        this.disagreesSinceMs = elapsedMs;
        this.onDisagreement(offsetMs - this.offsetMs);
      }
      return this.nowMs();
    }
    this.offsetMs = offsetMs;
    this.agreedAtMs = elapsedMs;
    if (moves !== undefined) this.moves = moves;
    this.disagreesSinceMs = undefined;
    return saidMs;
  }

  /** Takes the time as it was said, whatever was counted so far, and watches anew. */
  adopt(saidMs: number, moves: number, watcher: number): void {
    const elapsedMs = this.source.monotonicMs();
    this.offsetMs = saidMs - elapsedMs;
    this.lastMs = saidMs;
    this.agreedAtMs = elapsedMs;
    this.suspendedBeforeMs = this.source.suspendedMs();
    this.moves = moves;
    this.watcher = watcher;
    this.disagreesSinceMs = undefined;
  }

  /** What to do, given the row as it is just now, under its lock, and how to leave it. */
  resolve(row: ClockRow): Resolution {
    const countedMs = Math.round(this.countedMs());
    const correction = decideCorrection({
      storeMs: row.storeMs,
      countedMs,
      toleranceMs: this.toleranceMs(),
      wasSuspended: this.source.suspendedMs() - this.suspendedBeforeMs > JUMP_MS,
      isMovedByOthers: row.moves !== this.moves,
      mover: row.mover,
      watcher: this.watcher,
    });
    if (correction !== 'correct') return { correction, row };
    return {
      correction,
      row: {
        storeMs: countedMs,
        offsetMs: row.offsetMs + countedMs - row.storeMs,
        moves: row.moves + 1,
        mover: this.watcher,
      },
    };
  }

  /**
   * The row is committed as it was resolved.
   *
   * @param nextWatcher its number, should it watch anew
   */
  accept({ correction, row }: Resolution, sinceMs: number, nextWatcher: number): void {
    if (correction === 'adopt') this.adopt(row.storeMs, row.moves, nextWatcher);
    else this.timeOf(row.storeMs, sinceMs, row.moves);
  }

  private countedMs(): number {
    return this.source.monotonicMs() + this.offsetMs;
  }

  private toleranceMs(): number {
    return JUMP_MS + (this.source.monotonicMs() - this.agreedAtMs) * DRIFT;
  }
}
