import type { Clock } from '../../../core/clock.js';
import { minuteOf } from '../../../core/store/history.js';
import {
  HISTORY_FLUSH_MS,
  type QueueTally,
  TallyBook,
  type TallyRow,
} from '../../../core/store/tallies.js';

/**
 * The tallies of commit groups since they were last written. Once a second, a commit group writes them
 * along with its own changes.
 */
export class TalliesUnderWay {
  private readonly book = new TallyBook();
  private takenAtMs = Number.NEGATIVE_INFINITY;
  private cancelFlush: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Runs a commit group to write tallies that no other commit group has taken along. */
    private readonly flush: () => void,
  ) {}

  add(nowMs: number, tallies: Iterable<QueueTally>): void {
    this.book.add(minuteOf(nowMs), tallies);
    if (!this.book.isEmpty) this.flushLater();
  }

  flushLater(): void {
    this.cancelFlush ??= this.clock.setTimer(() => {
      this.cancelFlush = undefined;
      this.flush();
    }, 2 * HISTORY_FLUSH_MS);
  }

  /** The tallies to write now; none if the last ones were taken less than a second ago. */
  take(): TallyRow[] {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.takenAtMs < HISTORY_FLUSH_MS) return [];
    this.takenAtMs = nowMs;
    return this.book.take();
  }

  /** Called when the commit group that took them was rolled back. */
  giveBack(rows: readonly TallyRow[]): void {
    this.book.giveBack(rows);
  }

  /** Lets the next commit group, which is the last one, take everything. */
  stop(): void {
    this.takenAtMs = Number.NEGATIVE_INFINITY;
    this.cancelFlush?.();
  }
}
