import { median } from '../comparison/median.js';

/** What a server has used since it started. Which counters there are depends on platform and store. */
export type Usage = Partial<Record<UsageCounter, number>>;

export type UsageCounter =
  /** CPU time of the thread that speaks HTTP, in microseconds, like all CPU times here. */
  | 'mainMicros'
  /** CPU time of the thread that writes to SQLite. */
  | 'writerMicros'
  /** CPU time of the whole process: its threads, garbage collection and compilation included. */
  | 'processMicros'
  /** Bytes that the process has written to files, whether or not they have reached the disk. */
  | 'writtenBytes'
  /** Bytes of PostgreSQL's log. */
  | 'walBytes'
  /** Statements that PostgreSQL has run, if it counts them. */
  | 'statements'
  /** CPU time of all processes of a PostgreSQL on this machine. */
  | 'databaseMicros';

/** Reads the counters of a server. */
export type UsageProbe = () => Promise<Usage>;

/** What was used between two readings. */
export const usageBetween = (before: Usage, after: Usage): Usage =>
  mapUsage(after, (value, counter) => value - (before[counter] ?? Number.NaN));

export const usagePer = (usage: Usage, count: number): Usage =>
  mapUsage(usage, (value) => value / count);

/** The median of each counter. */
export function medianUsage(usages: readonly Usage[]): Usage {
  const [first = {}] = usages;
  return mapUsage(first, (_, counter) => median(usages.map((usage) => usage[counter] as number)));
}

function mapUsage(usage: Usage, map: (value: number, counter: UsageCounter) => number): Usage {
  const entries = Object.entries(usage) as [UsageCounter, number][];
  return Object.fromEntries(entries.map(([counter, value]) => [counter, map(value, counter)]));
}
