import { drain } from './drain.js';
import { Ledger } from './ledger.js';
import { checkLedger } from './ledger-checker.js';
import type { LedgerEvent } from './ledger-events.js';
import { pause } from './pause.js';
import { QueueApi } from './queue-api.js';
import { planQueues, type QueuePlan } from './queue-plan.js';
import { retryCall } from './retry-call.js';
import { countRun, type RunCounts } from './run-counts.js';
import { SeededRandom } from './seeded-random.js';
import { freePort, ServerProcess } from './server-process.js';
import type { Violation } from './violation.js';
import { Workload } from './workload.js';

export interface KillRoundsOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly storeUrl: string;
  readonly nodes: number;
  readonly longestVisibilityMs: number;
  /** The longest span of load before a kill. */
  readonly longestSpanMs: number;
  /** After the last restart the load goes on until so many were published, if that is soon. */
  readonly minPublishes: number;
  readonly ledgerPath?: string;
  readonly onProgress?: (line: string) => void;
}

export interface KillReport extends RunCounts {
  readonly seed: number;
  readonly rounds: number;
  readonly violations: readonly Violation[];
  readonly events: readonly LedgerEvent[];
}

const API_KEY = 'ifr_fault_tests_0123456789';
const PUBLISHERS = 8;
const CONSUMERS = 12;
const MAX_PUBLISHES_PER_ROUND = 4_000;
const MAX_ROUND_MS = 60_000;
const DRAIN_DEADLINE_MS = 60_000;
const MIN_PUBLISHES_DEADLINE_MS = 20_000;

/** Kills nodes at random moments of a workload, drains, and judges the run by its ledger. */
export async function runKillRounds(options: KillRoundsOptions): Promise<KillReport> {
  const { seed, rounds, nodes, storeUrl } = options;
  const random = new SeededRandom(seed);
  const path = options.ledgerPath;
  const ledger = new Ledger(path === undefined ? {} : { path });
  const servers: ServerProcess[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const port = await freePort();
    servers.push(new ServerProcess({ node, port, storeUrl, apiKey: API_KEY, ledger }));
  }
  const baseUrls = servers.map((server) => server.baseUrl);
  const api = new QueueApi(ledger, baseUrls, API_KEY);
  try {
    for (const server of servers) await server.start();
    // Names of their own, because the store may be one that earlier runs have used.
    const prefix = `faults-${seed}-${Date.now().toString(36)}`;
    const plan = planQueues(prefix, options.longestVisibilityMs);
    await createQueues(api, plan, random);
    const workload = new Workload({
      api,
      plan,
      random: random.fork(),
      publishers: PUBLISHERS,
      consumers: CONSUMERS,
      maxPublishes: MAX_PUBLISHES_PER_ROUND * rounds,
      maxDurationMs: MAX_ROUND_MS * rounds,
    });
    try {
      await killAndRestart(servers, options, random.fork());
      await reachPublishes(workload, options.minPublishes);
    } finally {
      await workload.stop();
    }
    options.onProgress?.('draining');
    await drain(api, plan, random.fork(), DRAIN_DEADLINE_MS);
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    api.close();
    await ledger.close();
  }
  const violations = checkLedger(ledger.events);
  const counts = countRun(ledger.events);
  return { seed, rounds, ...counts, violations, events: ledger.events };
}

async function createQueues(api: QueueApi, plan: QueuePlan, random: SeededRandom): Promise<void> {
  for (const settings of plan.settings) {
    const outcome = await retryCall(api, 'create', settings, random);
    if (outcome.kind !== 'answered') {
      throw new Error(`cannot create ${settings.queue}: ${JSON.stringify(outcome)}`);
    }
  }
}

async function killAndRestart(
  servers: readonly ServerProcess[],
  { rounds, longestSpanMs, onProgress }: KillRoundsOptions,
  random: SeededRandom,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    // Short spans hit starts and recoveries, long ones hit leases that run out.
    await pause(random.chance(0.3) ? random.integer(20, 400) : random.integer(400, longestSpanMs));
    const victims = random.chance(0.3) ? servers : [random.pick(servers)];
    await Promise.all(victims.map((server) => server.kill()));
    const downMs = random.chance(0.3) ? random.integer(500, 1_500) : random.integer(0, 200);
    onProgress?.(`round ${round} of ${rounds}: killed ${victims.length}, down for ${downMs} ms`);
    await pause(downMs);
    await Promise.all(victims.map((server) => server.start()));
  }
  await pause(random.integer(200, 800));
}

/** On a slow machine the rounds alone may be over before much has happened. */
async function reachPublishes(workload: Workload, atLeast: number): Promise<void> {
  const endAtMs = performance.now() + MIN_PUBLISHES_DEADLINE_MS;
  while (workload.published < atLeast && performance.now() < endAtMs) await pause(50);
}
