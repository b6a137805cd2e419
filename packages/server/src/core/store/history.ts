/** What happened in a queue during one minute. */
export interface Tally {
  published: number;
  delivered: number;
  acked: number;
  failed: number;
  deadLettered: number;
}
export type TallyKind = keyof Tally;

export interface TallyRow extends Tally {
  readonly queueId: number;
  /** Minutes since the epoch. */
  readonly minute: number;
}

/** A minute of a queue's history; `depth` is its depth when the minute was last written. */
export interface HistoryMinute extends Tally {
  readonly minute: number;
  readonly depth: number;
}

export const HISTORY_MINUTES = 60;
/** Tallies are gathered this long before they are written: they are statistics, not messages. */
export const HISTORY_FLUSH_MS = 1_000;

/** Minutes before this one are forgotten, except the last one of a queue, which has its depth. */
export const forgottenBefore = (nowMs: number): number => minuteOf(nowMs) - 2 * HISTORY_MINUTES;

export const minuteOf = (timeMs: number): number => Math.floor(timeMs / 60_000);

/** Tallies of committed commit groups that are not written yet. */
export class TallyBook {
  private rows = new Map<string, TallyRow>();

  add(minute: number, tallies: ReadonlyMap<number, Tally>): void {
    for (const [queueId, tally] of tallies) {
      const key = `${queueId} ${minute}`;
      const row = this.rows.get(key) ?? { queueId, minute, ...emptyTally() };
      for (const kind of Object.keys(tally) as TallyKind[]) row[kind] += tally[kind];
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
}

export const emptyTally = (): Tally => ({
  published: 0,
  delivered: 0,
  acked: 0,
  failed: 0,
  deadLettered: 0,
});

/** The last hour, minute by minute: in a minute without a row, nothing happened. */
export function fillHistory(rows: readonly HistoryMinute[], nowMs: number): HistoryMinute[] {
  const byMinute = new Map(rows.map((row) => [row.minute, row]));
  const first = minuteOf(nowMs) - HISTORY_MINUTES + 1;
  let depth = rows.filter(({ minute }) => minute < first).at(-1)?.depth ?? 0;
  return Array.from({ length: HISTORY_MINUTES }, (_, index) => {
    const minute = first + index;
    const row = byMinute.get(minute) ?? { minute, depth, ...emptyTally() };
    depth = row.depth;
    return row;
  });
}
