import { rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { prepareCycle } from '../../calls/prepare-cycle.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { roundLimits } from '../../comparison/compare.js';
import { median } from '../../comparison/median.js';
import type {
  Bench,
  BenchSettings,
  Contest,
  LatencyRow,
  Scenario,
} from '../../comparison/scenario.js';
import type { Traffic } from '../../load/drivers/traffic.js';
import { runLoad } from '../../load/load-process.js';
import { runOpenLoad } from '../../load/open/open-load.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';

/** The share of the top rate that is sent. */
export const SHARE_OF_TOP = 0.5;
const PAUSE_FROM_MS = 100;
const TARGET_P99_MS = 20;
const AIM_P99_MS = 10;

type Round = LatencyRow['rounds'][number];

export const latencyAtRate: Scenario = {
  name: 'latency-at-rate',
  summary: 'latency of publishes, and of whole cycles, sent at half of top throughput (open loop)',
  contests: (bench) => [
    latencyContest('latency-at-rate publish', bench, publishes),
    latencyContest('latency-at-rate cycle', bench, cycles),
  ],
};

type Prepare = (server: MillraceServer, settings: BenchSettings) => Promise<Traffic>;

function latencyContest(name: string, bench: Bench, prepare: Prepare): Contest {
  const rounds: Round[] = [];
  return {
    async playRound() {
      const round = await runRound(bench, prepare);
      rounds.push(round);
      const { p50Ms, p99Ms, maxMs, perSecond } = round.open;
      return (
        `${name}: at ${perSecond.toFixed(0)}/s of ${round.top.perSecond.toFixed(0)}/s, ` +
        `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, max ${maxMs.toFixed(0)} ms`
      );
    },
    result: () => latencyRow(name, rounds),
  };
}

async function runRound({ stores, settings }: Bench, prepare: Prepare): Promise<Round> {
  return onNewStore(await stores.chosen(), async (server) => {
    const job = {
      port: server.port,
      traffic: await prepare(server, settings),
      ...roundLimits(settings),
    };
    const top = await runLoad({ ...job, connections: settings.connections });
    const open = await runOpenLoad({
      ...job,
      perSecond: top.perSecond * SHARE_OF_TOP,
      pauseFromMs: PAUSE_FROM_MS,
    });
    return { top, open };
  });
}

function latencyRow(name: string, rounds: Round[]): LatencyRow {
  const p99s = rounds.map(({ open }) => open.p99Ms);
  return {
    kind: 'latency',
    name,
    topPerSecond: median(rounds.map(({ top }) => top.perSecond)),
    ratePerSecond: median(rounds.map(({ open }) => open.perSecond)),
    p50Ms: median(rounds.map(({ open }) => open.p50Ms)),
    p99Ms: median(p99s),
    p999Ms: median(rounds.map(({ open }) => open.p999Ms)),
    maxMs: Math.max(...rounds.map(({ open }) => open.maxMs)),
    p99RangeMs: [Math.min(...p99s), Math.max(...p99s)],
    targetMs: TARGET_P99_MS,
    aimMs: AIM_P99_MS,
    rounds,
  };
}

async function publishes(server: MillraceServer, settings: BenchSettings): Promise<Traffic> {
  const queues = await createQueues(server, settings.queues);
  const requests = queues.map((queue) =>
    rawPost(PUBLISH_PATH, server.apiKey, publishBody(queue, {}, settings.payloadBytes)),
  );
  return { kind: 'requests', requests };
}

const cycles: Prepare = async (server, settings) => (await prepareCycle(server, settings)).traffic;
