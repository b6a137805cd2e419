/** What happened to the messages of a queue during some time, as a history shows it. */
export interface Activity {
  published: number;
  delivered: number;
  acked: number;
  failed: number;
  deadLettered: number;
}

/** A minute of a queue's history; `depth` is its depth when the minute was last written. */
export interface HistoryMinute extends Activity {
  readonly minute: number;
  readonly depth: number;
}

/** The same for 15 minutes. */
export interface HistoryQuarter extends Activity {
  /** Quarters of an hour since the epoch. */
  readonly quarter: number;
  readonly depth: number;
}

export interface QueueHistory {
  readonly minutes: readonly HistoryMinute[];
  /** The minutes that have been rolled up; the last of them may still be among `minutes`. */
  readonly quarters: readonly HistoryQuarter[];
}

export const HISTORY_MINUTES = 60;
export const QUARTER_MINUTES = 15;
export const HISTORY_QUARTERS = 96;

const MINUTES_KEPT = 2 * HISTORY_MINUTES;
const QUARTERS_KEPT = HISTORY_QUARTERS + 4;

export const minuteOf = (timeMs: number): number => Math.floor(timeMs / 60_000);

export const quarterOf = (minute: number): number => Math.floor(minute / QUARTER_MINUTES);

/**
 * Minutes before this one are rolled up into quarters, whole quarters at a time. The last minute of a
 * queue stays, because it has the depth.
 */
export const rolledUpBefore = (minute: number): number =>
  quarterOf(minute - MINUTES_KEPT) * QUARTER_MINUTES;

/** Quarters before this one are forgotten, except the last one of a queue. */
export const forgottenBefore = (minute: number): number => quarterOf(minute) - QUARTERS_KEPT;

export const NO_ACTIVITY: Activity = {
  published: 0,
  delivered: 0,
  acked: 0,
  failed: 0,
  deadLettered: 0,
};

/** The last hour, minute by minute: in a minute without a row, nothing happened. */
export function fillHour({ minutes, quarters }: QueueHistory, nowMs: number): HistoryMinute[] {
  const first = minuteOf(nowMs) - HISTORY_MINUTES + 1;
  // What was rolled up is older than an hour, but may be the last that is known of the depth.
  const spans = [
    ...quarters.map(({ quarter, ...row }) => ({ at: quarter * QUARTER_MINUTES, ...row })),
    ...minutes.map(({ minute, ...row }) => ({ at: minute, ...row })),
  ];
  return filled(spans, first, HISTORY_MINUTES).map(({ at, ...row }) => ({ minute: at, ...row }));
}

/** The last day, by quarters of an hour. */
export function fillDay({ minutes, quarters }: QueueHistory, nowMs: number): HistoryQuarter[] {
  const byQuarter = new Map<number, Span>();
  for (const { quarter, ...row } of quarters) byQuarter.set(quarter, { at: quarter, ...row });
  // A minute is later than what was rolled up of its quarter, so that it has the depth.
  for (const { minute, ...row } of minutes) {
    const at = quarterOf(minute);
    const before = byQuarter.get(at) ?? { at, depth: 0, ...NO_ACTIVITY };
    byQuarter.set(at, { at, depth: row.depth, ...sumOf(before, row) });
  }
  const spans = [...byQuarter.values()].sort((a, b) => a.at - b.at);
  const first = quarterOf(minuteOf(nowMs)) - HISTORY_QUARTERS + 1;
  return filled(spans, first, HISTORY_QUARTERS).map(({ at, ...row }) => ({ quarter: at, ...row }));
}

/**
 * The last 60 seconds, estimated from the two minutes that they touch: the current one, and as much of
 * the previous one as a sliding window still contains.
 */
export function lastMinuteOf(rows: readonly HistoryMinute[], nowMs: number): Activity {
  const minute = minuteOf(nowMs);
  const shareOfPrevious = 1 - (nowMs % 60_000) / 60_000;
  const sum = { ...NO_ACTIVITY };
  for (const row of rows) {
    const share = row.minute === minute ? 1 : row.minute === minute - 1 ? shareOfPrevious : 0;
    for (const kind of KINDS) sum[kind] += share * row[kind];
  }
  for (const kind of KINDS) sum[kind] = Math.round(sum[kind]);
  return sum;
}

const KINDS = Object.keys(NO_ACTIVITY) as (keyof Activity)[];

interface Span extends Activity {
  readonly at: number;
  readonly depth: number;
}

/** Adds the spans in which nothing happened; their depth is that of the span before. */
function filled(spans: readonly Span[], first: number, count: number): Span[] {
  const known = new Map(spans.map((span) => [span.at, span]));
  let depth = spans.filter(({ at }) => at < first).at(-1)?.depth ?? 0;
  return Array.from({ length: count }, (_, index) => {
    const at = first + index;
    const span = known.get(at) ?? { at, depth, ...NO_ACTIVITY };
    depth = span.depth;
    return span;
  });
}

function sumOf(a: Activity, b: Activity): Activity {
  const sum = { ...NO_ACTIVITY };
  for (const kind of KINDS) sum[kind] = a[kind] + b[kind];
  return sum;
}
