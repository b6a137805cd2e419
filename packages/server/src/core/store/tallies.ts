import { type Activity, NO_ACTIVITY } from './history.js';

/** Tallies are gathered this long before they are written: they are statistics, not messages. */
export const HISTORY_FLUSH_MS = 1_000;

/** What one commit group, or several, did in a queue. The metrics show more of it than a history. */
export interface Tally extends Activity {
  /** Those of `failed` whose lease ran out; the others were nacked. */
  expiredLeases: number;
  redriven: number;
  /** Messages removed because of their age. */
  expiredByRetention: number;
}
export type TallyKind = keyof Tally;

/** The tally of a queue, which may have been deleted since. */
export interface QueueTally {
  readonly queueId: number;
  readonly project: string;
  readonly queue: string;
  readonly counts: Tally;
}

export interface TallyRow extends QueueTally {
  /** Minutes since the epoch. */
  readonly minute: number;
}

export const emptyTally = (): Tally => ({
  ...NO_ACTIVITY,
  expiredLeases: 0,
  redriven: 0,
  expiredByRetention: 0,
});

/** Adds to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const kind of Object.keys(sum) as TallyKind[]) sum[kind] += more[kind];
}

/** Tallies of committed commit groups that are not written yet. */
export class TallyBook {
  private rows = new Map<string, TallyRow>();

  add(minute: number, tallies: Iterable<QueueTally>): void {
    for (const { counts, ...queue } of tallies) {
      const key = `${queue.queueId} ${minute}`;
      const row = this.rows.get(key) ?? { ...queue, minute, counts: emptyTally() };
      addTally(row.counts, counts);
      this.rows.set(key, row);
    }
  }

  get isEmpty(): boolean {
    return this.rows.size === 0;
  }

  /** Returns the rows, sorted by queue, and empties the book. */
  take(): TallyRow[] {
    const rows = [...this.rows.values()].sort((a, b) => a.queueId - b.queueId);
    this.rows = new Map();
    return rows;
  }

  /** Takes rows back that could not be written. */
  giveBack(rows: readonly TallyRow[]): void {
    for (const row of rows) this.add(row.minute, [row]);
  }
}
