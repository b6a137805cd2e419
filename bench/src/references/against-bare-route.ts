import { compare, WARMUP_MS } from '../comparison/compare.js';
import type { Bench, Comparison, Measure, Round } from '../comparison/scenario.js';
import { runLoad } from '../load/load-process.js';
import type { Traffic } from '../load/traffic.js';
import { onNewStore } from '../servers/millrace-turn.js';
import type { MillraceServer } from '../servers/server-process.js';
import type { NewStore } from '../servers/stores.js';
import { type FixedAnswers, startBareRoute } from './bare-route.js';

export interface Prepared {
  /** The same for both sides, byte for byte. */
  traffic: Traffic;
  /** The answers of the reference: the text of real answers, so that their size is right. */
  referenceAnswers: FixedAnswers;
  /** Publishes this many messages, more than a round can consume, before millrace is measured. */
  prefill?(messageCount: number): Promise<void>;
}

/** How much faster than the fastest reference round millrace may be before its queue runs dry. */
const PREFILL_MARGIN = 2;

/** Compares millrace with the minimum that a Fastify server can do for the same bytes. */
export function againstBareRoute(
  measure: Measure,
  bench: Bench,
  makeStore: () => Promise<NewStore>,
  prepare: (server: MillraceServer) => Promise<Prepared>,
): Promise<Comparison> {
  const { connections, seconds } = bench.settings;

  const runRound = async (server: MillraceServer, earlier: readonly Round[]): Promise<Round> => {
    const { traffic, referenceAnswers, prefill } = await prepare(server);
    const job = { traffic, connections, warmupMs: WARMUP_MS, durationMs: seconds * 1000 };
    const bareRoute = await startBareRoute(referenceAnswers);
    const reference = await runLoad({ ...job, port: bareRoute.port }).finally(bareRoute.stop);
    const answered = [...earlier.map((round) => round.reference.answered), reference.answered];
    await prefill?.(Math.max(...answered) * PREFILL_MARGIN);
    const ours = await runLoad({ ...job, port: server.port });
    return { reference, ours };
  };

  return compare(measure, bench, async (earlier) =>
    onNewStore(await makeStore(), (server) => runRound(server, earlier)),
  );
}
