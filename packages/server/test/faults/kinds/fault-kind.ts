import type { Ledger } from '../ledger.js';
import type { QueueApi } from '../queue-api.js';
import type { QueuePlan } from '../queue-plan.js';
import type { SeededRandom } from '../seeded-random.js';
import type { ServerProcess } from '../server-process.js';
import type { CheckOptions } from '../violation.js';
import type { Workload } from '../workload.js';

export type StoreKind = 'sqlite' | 'postgres';

/** One way in which the world treats the nodes badly. */
export interface FaultKind {
  readonly name: string;
  /** What it does, for the help. */
  readonly about: string;
  readonly stores: readonly StoreKind[];
  /** How many nodes it takes over one PostgreSQL, unless it is told. */
  readonly nodes: number;
  readonly check?: Partial<CheckOptions>;
  /** Sets the scene before the nodes start. */
  open(options: SceneOptions): Promise<Scene>;
}

export interface SceneOptions {
  readonly store: StoreKind;
  readonly storeUrl: string;
  readonly nodes: number;
  readonly longestSpanMs: number;
}

export interface Scene {
  /** Where each node finds its store, if not at the store's own url. */
  readonly storeUrls?: readonly string[];
  /** Flags for Node itself, and what the nodes find in their environment. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Before the load, when the queues are there. */
  before?(run: FaultRun): Promise<void>;
  /** One round under load, and what it did in a few words. */
  round(run: FaultRun, round: number): Promise<string>;
  close?(): Promise<void>;
}

/** What a round may act on. */
export interface FaultRun {
  readonly rounds: number;
  readonly apiKey: string;
  readonly servers: readonly ServerProcess[];
  readonly api: QueueApi;
  readonly plan: QueuePlan;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** Absent before the load. */
  readonly workload?: Workload;
  tell(line: string): void;
}
