import { expect } from 'vitest';
import { type Call, pairCalls } from '../faults/calls/calls.js';
import { evidenceOf } from '../faults/ledger/evidence.js';
import { Ledger } from '../faults/ledger/ledger.js';
import { checkLedger } from '../faults/ledger/ledger-checker.js';
import type { LedgerEvent } from '../faults/ledger/ledger-events.js';
import type { Violation } from '../faults/ledger/violation.js';
import { runLoad } from '../faults/load/load-run.js';
import { pause } from '../faults/load/pause.js';
import { countRun } from '../faults/load/run-counts.js';
import { SeededRandom } from '../faults/load/seeded-random.js';
import { ServerProcess } from '../faults/server-process.js';
import { freePort } from '../harness/free-port.js';

export const API_KEY = 'ifr_database_faults_0123456789';

/** No answer may take longer, whatever happens to the database. */
export const ANSWER_WITHIN_MS = 30_000;

let loads = 0;

/** Nodes in separate processes over one database that a test may break. */
export class LoadedNodes {
  /** Starts and ends of the nodes. Each load writes its own ledger. */
  private readonly life = new Ledger();
  readonly servers: ServerProcess[] = [];

  static async start(storeUrls: readonly string[]): Promise<LoadedNodes> {
    const nodes = new LoadedNodes();
    for (const [node, storeUrl] of storeUrls.entries()) {
      const options = { node, port: await freePort(), storeUrl, apiKey: API_KEY };
      nodes.servers.push(new ServerProcess({ ...options, ledger: nodes.life }));
    }
    await Promise.all(nodes.servers.map((server) => server.start()));
    return nodes;
  }

  get baseUrls(): string[] {
    return this.servers.map(({ baseUrl }) => baseUrl);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  /** Puts the nodes under load while `during` runs, and checks their answers. */
  async load(during: () => Promise<void>): Promise<LoadReport> {
    const seed = (Date.now() + loads) % 1_000_000_000;
    loads += 1;
    const ledger = new Ledger();
    await runLoad({
      ledger,
      baseUrls: this.baseUrls,
      apiKey: API_KEY,
      random: new SeededRandom(seed),
      prefix: `load-${seed}`,
      longestVisibilityMs: 1_200,
      publishers: 5,
      consumers: 7,
      maxPublishes: 3_000,
      maxDurationMs: 60_000,
      answerTimeoutMs: ANSWER_WITHIN_MS,
      during,
    });
    return check(ledger.events, this);
  }

  /** Nodes that ended although no test ended them, with their last output. */
  crashes(): string[] {
    return this.life.events.flatMap((event) =>
      event.kind === 'server' && event.change === 'crashed'
        ? [`node ${event.node}: ${this.servers[event.node]?.stderr.slice(-1_500)}`]
        : [],
    );
  }

  /** Waits until every node answers a call. @returns how long that took */
  async answering(withinMs: number): Promise<number> {
    const startedAtMs = performance.now();
    for (const baseUrl of this.baseUrls) {
      while (!(await isAnswering(baseUrl))) {
        const crashes = this.crashes();
        if (crashes.length > 0) throw new Error(crashes.join('\n'));
        if (performance.now() - startedAtMs > withinMs) {
          throw new Error(`${baseUrl} did not come back within ${withinMs} ms`);
        }
        await pause(50);
      }
    }
    return performance.now() - startedAtMs;
  }
}

export interface LoadReport {
  readonly violations: readonly Violation[];
  /** Nodes that crashed. */
  readonly crashes: readonly string[];
  /** Calls that got no answer at all, although the connections to the nodes are never touched. */
  readonly unanswered: readonly string[];
  readonly slowestMs: number;
  /** How often each failure code was answered. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly acked: number;
  /** The nodes' last output on stderr, and the calls that the violations name. */
  readonly log: string;
}

/** Prints the result of a load, and expects that nothing was lost, refused without reason, or hung. */
export function expectKept(what: string, report: LoadReport): void {
  const { violations, crashes, unanswered, slowestMs, refusals, acked, log } = report;
  process.stdout.write(
    `${what}: ${acked} acked, slowest answer ${Math.round(slowestMs)} ms, ${JSON.stringify(refusals)}\n`,
  );
  expect(crashes).toEqual([]);
  expect(unanswered).toEqual([]);
  expect(violations, log).toEqual([]);
  expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
  expect(acked).toBeGreaterThan(10);
}

function check(events: readonly LedgerEvent[], nodes: LoadedNodes): LoadReport {
  const calls = (Object.values(pairCalls(events)) as (readonly Call[])[]).flat();
  const refusals: Record<string, number> = {};
  const unanswered: string[] = [];
  for (const { id, name, outcome } of calls) {
    if (outcome.kind === 'failed') unanswered.push(`call ${id}, ${name}: ${outcome.reason}`);
    if (outcome.kind !== 'refused') continue;
    refusals[outcome.code] = (refusals[outcome.code] ?? 0) + 1;
  }
  const slowestMs = Math.max(...calls.map((call) => call.endedAtMs - call.startedAtMs));
  const { acked } = countRun(events);
  const violations = checkLedger(events);
  const log = [...nodes.servers.map(({ stderr }) => stderr), evidenceOf(events, violations)].join(
    '\n',
  );
  return { violations, crashes: nodes.crashes(), unanswered, slowestMs, refusals, acked, log };
}

async function isAnswering(baseUrl: string): Promise<boolean> {
  const response = await callNode(baseUrl, 'list').catch(() => undefined);
  return response?.status === 200;
}

/** Makes one call outside of any ledger, and gives it up when it takes too long. */
export function callNode(baseUrl: string, path: string, body?: object): Promise<Response> {
  return fetch(`${baseUrl}/v1/queue/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
}
