import type { LoadResult } from '../load/load-tally.js';
import type { OpenLoadResult } from '../load/open/open-loop.js';
import type { Stores } from '../servers/stores.js';
import type { Usage } from '../usage/usage.js';

export interface BenchSettings {
  rounds: number;
  seconds: number;
  /** The length of the one run that looks for pauses. */
  pauseSeconds: number;
  connections: number;
  payloadBytes: number;
  /** The number of queues of the scenarios that name no other. */
  queues: number;
  /** The number of queues that the consoles look at. */
  consoleQueues: number;
  /** Whether each publish has an idempotency key, where a scenario does not say so. */
  idempotencyKeys: boolean;
  /** How many messages wait on the large side of backlog comparisons, or are purged. */
  backlog: number;
}

/** What a scenario gets to work with. */
export interface Bench {
  settings: BenchSettings;
  stores: Stores;
  progress(line: string): void;
  /** Prints a line below the table, for results that are not a ratio. */
  note(line: string): void;
}

/** Both sides of one comparison, measured in turn. */
export interface Round {
  reference: LoadResult;
  ours: LoadResult;
  /** What was particular about this round. */
  remark?: string;
}

/** What is compared: a rate of units, or the time that one unit takes. */
export interface Measure {
  name: string;
  /** For a rate, what is counted; for a cost, what differs between the sides. */
  unit: string;
  kind: 'rate' | 'cost';
  /** How many messages one unit of load has, if the load does not count them; default 1. */
  countPerUnit?: number;
  /** For a cost, which time is compared; default the median. */
  percentile?: 'p50Ms' | 'p99Ms';
  /** The number of connections, if the scenario does not use that of the settings. */
  connections?: number;
  /**
   * The ratio that the project must reach: a minimum for a rate, a maximum for a cost. It is printed next
   * to the measured ratio and never asserted.
   */
  target?: number;
  /** The better ratio that the project aims for. */
  aim?: number;
}

export interface Comparison extends Measure {
  /** Medians over the rounds, per second or in milliseconds. */
  ours: number;
  reference: number;
  /** The ratio of the medians. */
  ratio: number;
  /** The lowest and the highest ratio of a single round, which show how quiet the machine is. */
  ratioRange: [number, number];
  oursP50Ms: number;
  oursP99Ms: number;
  /** Medians of what both sides used, where that was read. */
  oursUsage?: UsageSummary;
  referenceUsage?: UsageSummary;
  rounds: Round[];
}

/** A microsecond for each message is a second for a million messages. */
export interface UsageSummary {
  perRequest: Usage;
  perMessage: Usage;
}

/** What the server adds at a fixed rate, without a reference. */
export interface LatencyRow {
  kind: 'latency';
  name: string;
  /** Medians over the rounds, in units per second. */
  topPerSecond: number;
  ratePerSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  /** The longest of all rounds. */
  maxMs: number;
  /** The lowest and the highest p99 of a round. */
  p99RangeMs: [number, number];
  /** The p99 that the project must reach, and the one that it aims for. */
  targetMs?: number;
  aimMs?: number;
  rounds: { top: LoadResult; open: OpenLoadResult }[];
}

/** A long run at a fixed rate, and every time in which nothing was answered. */
export interface PausesRow {
  kind: 'pauses';
  name: string;
  ratePerSecond: number;
  seconds: number;
  longestMs: number;
  targetMs: number;
  /** For SQLite, the number of seconds in which a checkpoint wrote to the database file. */
  checkpointedSeconds?: number;
  purges: number;
  /** Whether all purged messages were gone at the end. */
  isSwept: boolean;
  run: OpenLoadResult;
}

export type Row = Comparison | LatencyRow | PausesRow;

/** Something whose rounds can alternate with those of others. */
export interface Contest {
  /** @returns a line that reports the round */
  playRound(): Promise<string>;
  result(): Row;
  /** Lines to print below the table. */
  remarks?(): string[];
}

export type Scenario = {
  name: string;
  summary: string;
} & ({ contests(bench: Bench): Contest[] } | { run(bench: Bench): Promise<Row[]> });
