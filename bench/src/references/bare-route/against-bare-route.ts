import { ratioContest, roundLimits } from '../../comparison/compare.js';
import type { BenchSettings, Measure, Round, Scenario } from '../../comparison/scenario.js';
import type { Traffic } from '../../load/drivers/traffic.js';
import { runLoad } from '../../load/load-process.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import type { StoreKind } from '../../servers/stores.js';
import { probeProcess, probeServer } from '../../usage/probe-server.js';
import { type FixedAnswers, startBareRoute } from './bare-route.js';

/** What distinguishes a comparison with the bare route. */
export interface BareRouteRate extends Omit<Measure, 'kind'> {
  summary: string;
  /** The kind of store; undefined: the one that was chosen. */
  store?: StoreKind;
}

export interface Prepared {
  /** The same for both sides, byte for byte. */
  traffic: Traffic;
  /** For the reference, if it has no state for that traffic: requests of the same form and length. */
  referenceTraffic?: Traffic;
  /** The answers of the reference: the text of real answers, so that their size is right. */
  referenceAnswers: FixedAnswers;
  /** Publishes this many messages, more than a round can consume, before millrace is measured. */
  prefill?(messageCount: number): Promise<void>;
}

type Prepare = (server: MillraceServer, settings: BenchSettings) => Promise<Prepared>;

/** How much faster than the fastest reference round millrace may be before its queue runs dry. */
const PREFILL_MARGIN = 1.2;

/** Compares millrace with the minimum that a Fastify server can do for the same bytes. */
export function againstBareRoute(
  { summary, store, ...rate }: BareRouteRate,
  prepare: Prepare,
): Scenario {
  const measure: Measure = { ...rate, kind: 'rate' };
  return {
    name: measure.name,
    summary,

    contests: ({ settings, stores }) => [
      ratioContest(measure, async (earlier) => {
        const newStore = await (store === undefined ? stores.chosen() : stores.make(store));
        return onNewStore(newStore, async (server) =>
          runRound(measure, settings, server, await prepare(server, settings), earlier),
        );
      }),
    ],
  };
}

async function runRound(
  measure: Measure,
  settings: BenchSettings,
  server: MillraceServer,
  { traffic, referenceTraffic = traffic, referenceAnswers, prefill }: Prepared,
  earlier: readonly Round[],
): Promise<Round> {
  const { connections = settings.connections } = measure;
  const limits = { connections, ...roundLimits(settings) };
  const bareRoute = await startBareRoute(referenceAnswers);
  const reference = await runLoad(
    { ...limits, traffic: referenceTraffic, port: bareRoute.port },
    probeProcess(bareRoute.pid),
  ).finally(bareRoute.stop);
  const answered = [...earlier.map((round) => round.reference.answered), reference.answered];
  await prefill?.(Math.ceil(Math.max(...answered) * PREFILL_MARGIN));
  const ours = await runLoad({ ...limits, traffic, port: server.port }, probeServer(server));
  return { reference, ours };
}
