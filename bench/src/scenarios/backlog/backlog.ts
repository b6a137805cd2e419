import { rawGet } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { expectWaiting } from '../../calls/expect-waiting.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { roundLine, summarise } from '../../comparison/compare.js';
import type { Bench, Comparison, Measure, Round, Scenario } from '../../comparison/scenario.js';
import type { CycleTraffic } from '../../load/drivers/traffic.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { withServer } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import type { NewStore, StoreKind } from '../../servers/stores.js';

const NAME = 'backlog';
const SMALL_BACKLOG = 1000;
/** Few compared with the small queue, which is refilled only after they were consumed. */
const SAMPLES = 200;
const WARMUP_MS = 500;
const SAMPLES_LIMIT_MS = 60_000;

export const backlog: Scenario = {
  name: NAME,
  summary: 'the time of consume and ack, and of stats, with 1,000,000 waiting, against 1,000',

  async run(bench) {
    return [
      ...(await compareBacklogs('sqlite', bench)),
      ...(await compareBacklogs('postgres', bench)),
    ];
  },
};

interface FilledStore {
  store: NewStore;
  queue: string;
}

/** The stores are kept for all rounds, because filling one takes long; the servers are not. */
async function compareBacklogs(kind: StoreKind, bench: Bench): Promise<Comparison[]> {
  const small = await bench.stores.make(kind);
  const large = await bench.stores.make(kind);
  try {
    const reference = await fill(small, SMALL_BACKLOG, bench);
    const ours = await fill(large, bench.settings.backlog, bench);
    return await compareFilled(kind, reference, ours, bench);
  } finally {
    await small.remove();
    await large.remove();
  }
}

async function fill(store: NewStore, messageCount: number, bench: Bench): Promise<FilledStore> {
  const startedMs = performance.now();
  return withServer(store.url, async (server) => {
    const [queue = ''] = await createQueues(server, 1);
    await fillQueue(server, queue, messageCount);
    await expectWaiting(server, queue, messageCount);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    bench.progress(`${NAME}: ${messageCount} messages published in ${seconds} s`);
    return { store, queue };
  });
}

async function compareFilled(
  kind: StoreKind,
  small: FilledStore,
  large: FilledStore,
  bench: Bench,
): Promise<Comparison[]> {
  const waiting = `${bench.settings.backlog} waiting, against ${SMALL_BACKLOG}`;
  const measureOf = (call: string): Measure => ({
    name: `${NAME} ${kind} ${call}`,
    unit: waiting,
    kind: 'cost',
  });
  const settle = { measure: measureOf('consume+ack'), rounds: [] as Round[] };
  const stats = { measure: measureOf('stats'), rounds: [] as Round[] };
  for (let round = 1; round <= bench.settings.rounds; round += 1) {
    const reference = await costs(small, bench);
    const ours = await costs(large, bench);
    settle.rounds.push({ reference: reference.settle, ours: ours.settle });
    stats.rounds.push({ reference: reference.stats, ours: ours.stats });
    for (const { measure, rounds } of [settle, stats]) {
      bench.progress(`round ${round}: ${roundLine(measure, rounds.at(-1) as Round)}`);
    }
  }
  return [summarise(settle.measure, settle.rounds), summarise(stats.measure, stats.rounds)];
}

function costs(filled: FilledStore, { settings }: Bench) {
  return withServer(filled.store.url, async (server) => {
    const statsRequest = rawGet(`/v1/queue/stats/${filled.queue}`, server.apiKey);
    const settle = await settleSamples(server, filled.queue);
    const stats = await runLoad({
      port: server.port,
      connections: 1,
      traffic: { kind: 'requests', requests: [statsRequest] },
      warmupMs: WARMUP_MS,
      durationMs: settings.seconds * 1000,
    });
    await fillQueue(server, filled.queue, SAMPLES);
    return { settle, stats };
  });
}

/**
 * One connection on an idle server: under load, the wait for others would hide the cost of the backlog.
 */
async function settleSamples(server: MillraceServer, queue: string): Promise<LoadResult> {
  const job = { port: server.port, connections: 1, warmupMs: 0, durationMs: SAMPLES_LIMIT_MS };
  const traffic: CycleTraffic = {
    kind: 'cycle',
    apiKey: server.apiKey,
    queues: [queue],
    publishes: true,
  };
  // Whole cycles warm the server up and leave as many messages in the queue as before.
  await runLoad({ ...job, traffic, durationMs: WARMUP_MS });
  return runLoad({ ...job, traffic: { ...traffic, publishes: false }, unitLimit: SAMPLES });
}
