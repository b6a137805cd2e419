import type { QueueApi } from '../calls/queue-api.js';
import type { Ledger } from '../ledger/ledger.js';
import type { CheckOptions } from '../ledger/violation.js';
import type { QueuePlan } from '../load/queue-plan.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { Workload } from '../load/workload.js';
import type { ServerProcess } from '../server-process.js';

export type StoreKind = 'sqlite' | 'postgres';

/** One kind of fault that is injected into the nodes. */
export interface FaultKind {
  readonly name: string;
  /** A description for the help text. */
  readonly about: string;
  readonly stores: readonly StoreKind[];
  /** The default number of nodes over one PostgreSQL. */
  readonly nodes: number;
  readonly check?: Partial<CheckOptions>;
  /** Prepares the faults before the nodes start. */
  open(options: SceneOptions): Promise<Scene>;
}

export interface SceneOptions {
  readonly store: StoreKind;
  readonly storeUrl: string;
  readonly nodes: number;
  readonly longestSpanMs: number;
}

export interface Scene {
  /** The store url of each node, when it is not the store's own url. */
  readonly storeUrls?: readonly string[];
  /** Flags for Node itself, and environment variables of the nodes. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Runs before the load, when the queues exist. */
  before?(run: FaultRun): Promise<void>;
  /** Runs one round under load. @returns a short description of what it did */
  round(run: FaultRun, round: number): Promise<string>;
  close?(): Promise<void>;
}

/** The things that a round may act on. */
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
