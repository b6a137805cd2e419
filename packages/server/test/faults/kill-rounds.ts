import { Ledger } from './ledger.js';
import { checkLedger } from './ledger-checker.js';
import type { LedgerEvent } from './ledger-events.js';
import { reachPublishes, runLoad } from './load-run.js';
import { pause } from './pause.js';
import { countRun, type RunCounts } from './run-counts.js';
import { SeededRandom } from './seeded-random.js';
import { freePort, ServerProcess } from './server-process.js';
import type { Violation } from './violation.js';

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
  try {
    for (const server of servers) await server.start();
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
      async during(workload) {
        await killAndRestart(servers, options, random.fork());
        await reachPublishes(workload, options.minPublishes);
      },
      onDrain: () => options.onProgress?.('draining'),
    });
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    await ledger.close();
  }
  const violations = checkLedger(ledger.events);
  const counts = countRun(ledger.events);
  return { seed, rounds, ...counts, violations, events: ledger.events };
}

async function killAndRestart(
  servers: readonly ServerProcess[],
  { rounds, longestSpanMs, onProgress }: KillRoundsOptions,
  random: SeededRandom,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    // Short spans hit starts and recoveries, long ones hit leases that run out.
    await pause(random.chance(0.3) ? random.integer(20, 400) : random.integer(400, longestSpanMs));
    const victims = random.chance(0.3) ? servers : pickSome(servers, random);
    await Promise.all(victims.map((server) => server.kill()));
    const downMs = random.chance(0.3) ? random.integer(500, 1_500) : random.integer(0, 200);
    onProgress?.(`round ${round} of ${rounds}: killed ${victims.length}, down for ${downMs} ms`);
    await pause(downMs);
    await Promise.all(victims.map((server) => server.start()));
  }
  await pause(random.integer(200, 800));
}

/** One of them at least, in any order. */
function pickSome(
  servers: readonly ServerProcess[],
  random: SeededRandom,
): readonly ServerProcess[] {
  const some = servers.filter(() => random.chance(0.4));
  return some.length > 0 ? some : [random.pick(servers)];
}
