import type { LoadResult } from '../load/load-tally.js';
import type { Stores } from '../servers/stores.js';

export interface BenchSettings {
  rounds: number;
  seconds: number;
  connections: number;
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
}

/** What is compared: a rate of units, or the time that one unit takes. */
export interface Measure {
  name: string;
  /** For a rate, what is counted; for a cost, what differs between the sides. */
  unit: string;
  kind: 'rate' | 'cost';
  /** For a rate, how many of them one unit of load has; default 1. */
  countPerUnit?: number;
  /** For a cost, which time is compared; default the median. */
  percentile?: 'p50Ms' | 'p99Ms';
  /**
   * The ratio that the project aims for: a minimum for a rate, a maximum for a cost. It is printed next
   * to the measured ratio and never asserted.
   */
  target?: number;
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
  rounds: Round[];
}

export interface Scenario {
  name: string;
  summary: string;
  run(bench: Bench): Promise<Comparison[]>;
}
