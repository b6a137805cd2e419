import type { LoadResult } from '../load/load-tally.js';
import type { Stores } from '../servers/stores.js';

export interface BenchSettings {
  rounds: number;
  seconds: number;
  connections: number;
  /** Messages that wait on the large side of the scenarios that compare backlogs, or are purged. */
  backlog: number;
}

/** What a scenario works with. */
export interface Bench {
  settings: BenchSettings;
  stores: Stores;
  progress(line: string): void;
  /** For what is no ratio: stands below the table. */
  note(line: string): void;
}

/** Both sides of one comparison, measured in turn. */
export interface Round {
  reference: LoadResult;
  ours: LoadResult;
}

/** What is compared: a rate of units, or the time that one takes. */
export interface Measure {
  name: string;
  /** Of a rate: what is counted. Of a cost: what differs between the sides. */
  unit: string;
  kind: 'rate' | 'cost';
  /** Of a rate: how many of what is counted are in one unit of load; 1 where it is not given. */
  countPerUnit?: number;
  /** Of a cost: which time; the median where it is not given. */
  percentile?: 'p50Ms' | 'p99Ms';
  /**
   * The ratio that the project aims at: a rate's is at least so high, a cost's at most. It is
   * printed beside the real one and never asserted.
   */
  target?: number;
}

export interface Comparison extends Measure {
  /** Medians over the rounds, per second or in milliseconds. */
  ours: number;
  reference: number;
  /** Of the medians. */
  ratio: number;
  /** The lowest and the highest ratio of a single round: how far the machine can be trusted. */
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
