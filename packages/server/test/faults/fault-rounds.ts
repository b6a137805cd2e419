import { freePort } from '../harness/free-port.js';
import type { FaultKind, FaultRun, Scene, StoreKind } from './kinds/fault-kind.js';
import { Ledger } from './ledger/ledger.js';
import { checkLedger } from './ledger/ledger-checker.js';
import type { LedgerEvent } from './ledger/ledger-events.js';
import type { Violation } from './ledger/violation.js';
import { reachPublishes, runLoad } from './load/load-run.js';
import { pause } from './load/pause.js';
import { countRun, type RunCounts } from './load/run-counts.js';
import { SeededRandom } from './load/seeded-random.js';
import { ServerProcess } from './server-process.js';

export interface FaultRoundsOptions {
  readonly kind: FaultKind;
  readonly seed: number;
  readonly rounds: number;
  readonly store: StoreKind;
  readonly storeUrl: string;
  readonly nodes: number;
  readonly longestVisibilityMs: number;
  /** The longest span of load before a kill. */
  readonly longestSpanMs: number;
  /** After the last round the load goes on until this many messages were published, within limits. */
  readonly minPublishes: number;
  readonly ledgerPath?: string;
  readonly onProgress?: (line: string) => void;
}

export interface FaultReport extends RunCounts {
  readonly kind: string;
  readonly store: StoreKind;
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

/**
 * Puts nodes under load, injects the faults of the kind, drains the queues, and checks the run by its
 * ledger.
 */
export async function runFaultRounds(options: FaultRoundsOptions): Promise<FaultReport> {
  const { kind, seed, rounds, store, ledgerPath } = options;
  const ledger = new Ledger(ledgerPath === undefined ? {} : { path: ledgerPath });
  try {
    const scene = await kind.open(options);
    try {
      await runScene(options, scene, ledger);
    } finally {
      await scene.close?.();
    }
  } finally {
    await ledger.close();
  }
  const violations = checkLedger(ledger.events, kind.check);
  const counts = countRun(ledger.events);
  const { events } = ledger;
  return { kind: kind.name, store, seed, rounds, ...counts, violations, events };
}

async function runScene(options: FaultRoundsOptions, scene: Scene, ledger: Ledger): Promise<void> {
  const { seed, rounds, onProgress = () => undefined } = options;
  const random = new SeededRandom(seed);
  const servers = await startServers(options, scene, ledger);
  const tell = (line: string): void => onProgress(line);
  try {
    const faults = random.fork();
    const runOf = (known: Pick<FaultRun, 'api' | 'plan' | 'workload'>): FaultRun => {
      return { ...known, rounds, apiKey: API_KEY, servers, ledger, random: faults, tell };
    };
    await runLoad({
      ledger,
      baseUrls: servers.map((server) => server.baseUrl),
      apiKey: API_KEY,
      random,
      prefix: `faults-${seed}-${Date.now().toString(36)}`,
      longestVisibilityMs: options.longestVisibilityMs,
      publishers: PUBLISHERS,
      consumers: CONSUMERS,
      maxPublishes: MAX_PUBLISHES_PER_ROUND * rounds,
      maxDurationMs: MAX_ROUND_MS * rounds,
      before: async (api, plan) => scene.before?.(runOf({ api, plan })),
      async during(workload, api, plan) {
        for (let round = 1; round <= rounds; round += 1) {
          const what = await scene.round(runOf({ api, plan, workload }), round);
          tell(`round ${round} of ${rounds}: ${what}`);
        }
        await pause(faults.integer(200, 800));
        await reachPublishes(workload, options.minPublishes);
      },
      onDrain: () => tell('draining'),
    });
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
}

async function startServers(
  { nodes, storeUrl }: FaultRoundsOptions,
  { storeUrls, nodeFlags, environment }: Scene,
  ledger: Ledger,
): Promise<ServerProcess[]> {
  const servers: ServerProcess[] = [];
  for (let node = 0; node < nodes; node += 1) {
    servers.push(
      new ServerProcess({
        node,
        port: await freePort(),
        storeUrl: storeUrls?.[node] ?? storeUrl,
        apiKey: API_KEY,
        ledger,
        ...(nodeFlags === undefined ? {} : { nodeFlags }),
        ...(environment === undefined ? {} : { environment }),
      }),
    );
  }
  try {
    for (const server of servers) await server.start();
  } catch (error) {
    await Promise.all(servers.map((server) => server.kill()));
    throw error;
  }
  return servers;
}
