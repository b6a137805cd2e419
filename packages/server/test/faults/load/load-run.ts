import { QueueApi } from '../calls/queue-api.js';
import { retryCall } from '../calls/retry-call.js';
import type { Ledger } from '../ledger/ledger.js';
import { drain } from './drain.js';
import { pause } from './pause.js';
import { planQueues, type QueuePlan } from './queue-plan.js';
import type { SeededRandom } from './seeded-random.js';
import { Workload } from './workload.js';

export interface LoadRunOptions {
  readonly ledger: Ledger;
  readonly baseUrls: readonly string[];
  readonly apiKey: string;
  readonly random: SeededRandom;
  /** A prefix of the queue names, because other runs may have used the store. */
  readonly prefix: string;
  readonly longestVisibilityMs: number;
  readonly publishers: number;
  readonly consumers: number;
  readonly maxPublishes: number;
  readonly maxDurationMs: number;
  readonly answerTimeoutMs?: number;
  /** Runs before the load, when the queues exist. */
  readonly before?: (api: QueueApi, plan: QueuePlan) => Promise<void>;
  /** Runs under the load, which ends when this has ended. */
  readonly during: (workload: Workload, api: QueueApi, plan: QueuePlan) => Promise<void>;
  readonly onDrain?: () => void;
}

const DRAIN_DEADLINE_MS = 120_000;
const MIN_PUBLISHES_DEADLINE_MS = 60_000;

/** Puts nodes under load while `during` runs, then drains the queues. */
export async function runLoad(options: LoadRunOptions): Promise<void> {
  const { ledger, baseUrls, apiKey, random, answerTimeoutMs } = options;
  const api = new QueueApi(ledger, baseUrls, apiKey, answerTimeoutMs);
  try {
    const plan = planQueues(options.prefix, options.longestVisibilityMs);
    await createQueues(api, plan, random);
    await options.before?.(api, plan);
    const workload = new Workload({ ...options, api, plan, random: random.fork() });
    try {
      await options.during(workload, api, plan);
    } finally {
      await workload.stop();
    }
    options.onDrain?.();
    await drain(api, plan, random.fork(), DRAIN_DEADLINE_MS);
  } finally {
    api.close();
  }
}

async function createQueues(api: QueueApi, plan: QueuePlan, random: SeededRandom): Promise<void> {
  for (const settings of plan.settings) {
    const outcome = await retryCall(api, 'create', settings, random);
    if (outcome.kind !== 'answered') {
      throw new Error(`cannot create ${settings.queue}: ${JSON.stringify(outcome)}`);
    }
  }
}

/** Waits for this number of publishes: on a slow machine a time span alone may see few. */
export async function reachPublishes(workload: Workload, atLeast: number): Promise<void> {
  const endAtMs = performance.now() + MIN_PUBLISHES_DEADLINE_MS;
  while (workload.published < atLeast && performance.now() < endAtMs) await pause(50);
}
