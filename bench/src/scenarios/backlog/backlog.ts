import { rawGet } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { expectWaiting, statsPath } from '../../calls/queue-stats.js';
import { roundLimits, roundLine, summarise, WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, Comparison, Measure, Round, Scenario } from '../../comparison/scenario.js';
import { compareSteps } from '../../comparison/step-rounds.js';
import type { CycleTraffic } from '../../load/drivers/traffic.js';
import { type LoadJob, runLoad } from '../../load/load-process.js';
import { type LoadResult, LoadTally } from '../../load/load-tally.js';
import { withServer } from '../../servers/millrace-turn.js';
import { isKind, type NewStore, type StoreKind } from '../../servers/stores.js';
import { probeServer } from '../../usage/probe-server.js';

const NAME = 'backlog';
const SMALL_BACKLOG = 1000;
const STEPS = ['publish', 'consume', 'ack'];
/** Cycles that are timed one by one in each round. */
const SAMPLES = 500;
const SAMPLES_LIMIT_MS = 60_000;
const START_TARGET_MS = 1000;

export const backlog: Scenario = {
  name: NAME,
  summary:
    'the time of each call, cycles and the start of a server with 1,000,000 waiting, and 1,000',

  async run(bench) {
    const { store } = bench.stores.settings;
    if (!isKind(store)) throw new Error(`${NAME} needs new stores: --store sqlite or postgres`);
    const small = await bench.stores.make(store);
    const large = await bench.stores.make(store);
    try {
      const reference = await fill(small, SMALL_BACKLOG, bench);
      const ours = await fill(large, bench.settings.backlog, bench);
      return await compareFilled(store, reference, ours, bench);
    } finally {
      await small.remove();
      await large.remove();
    }
  },
};

/** It is kept for all rounds, because filling it takes long; the servers are not. */
interface FilledStore {
  store: NewStore;
  queue: string;
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
  const references: Costs[] = [];
  const ours: Costs[] = [];
  while (ours.length < bench.settings.rounds) {
    references.push(await costs(small, bench));
    ours.push(await costs(large, bench));
  }
  const waiting = `${bench.settings.backlog} waiting, against ${SMALL_BACKLOG}`;
  const cost = (of: string): Measure => ({
    name: `${NAME} ${kind} ${of}`,
    unit: waiting,
    kind: 'cost',
    target: 1.5,
    aim: 1.2,
  });
  const all = (measure: Measure, of: Exclude<keyof Costs, 'steps'>): Comparison => {
    const rounds: Round[] = ours.map((costs, index) => ({
      reference: (references[index] as Costs)[of],
      ours: costs[of],
    }));
    for (const round of rounds) bench.progress(roundLine(measure, round));
    return summarise(measure, rounds);
  };
  const start = all({ name: `${NAME} ${kind} start`, unit: waiting, kind: 'cost' }, 'start');
  bench.note(
    `${NAME} ${kind}: a server starts in ${start.ours.toFixed(0)} ms with ` +
      `${bench.settings.backlog} waiting (target <= ${START_TARGET_MS})`,
  );
  return [
    ...compareSteps(
      cost,
      STEPS,
      references.map(({ steps }) => steps),
      ours.map(({ steps }) => steps),
      bench,
    ),
    all({ name: `${NAME} ${kind} stats`, unit: waiting, kind: 'cost' }, 'stats'),
    // The same bounds for a rate: two thirds of it is one and a half times the cost.
    all(
      { name: `${NAME} ${kind} cycles`, unit: 'cycles', kind: 'rate', target: 0.67, aim: 0.83 },
      'cycles',
    ),
    start,
  ];
}

interface Costs {
  /** Of the server: from its command to its first line. */
  start: LoadResult;
  steps: LoadResult;
  stats: LoadResult;
  cycles: LoadResult;
}

/**
 * Single calls on one connection of an idle server: under load, the wait for others would hide the cost
 * of the backlog. Then cycles at full load, which show what they cost in CPU. Whole cycles leave as many
 * messages as before.
 */
function costs({ store, queue }: FilledStore, { settings }: Bench): Promise<Costs> {
  const tally = new LoadTally({ warmupMs: 0, durationMs: Number.POSITIVE_INFINITY });
  const startedMs = performance.now();
  return withServer(store.url, async (server) => {
    tally.recordUnit(startedMs, performance.now());
    const { apiKey, port } = server;
    const traffic: CycleTraffic = { kind: 'cycle', apiKey, queues: [queue], publishes: true };
    const job: LoadJob = {
      port,
      connections: 1,
      traffic,
      ...roundLimits(settings),
    };
    await runLoad({ ...job, warmupMs: 0, durationMs: WARMUP_MS });
    const limits = { warmupMs: 0, durationMs: SAMPLES_LIMIT_MS, unitLimit: SAMPLES };
    const steps = await runLoad({ ...job, ...limits });
    const requests = [rawGet(statsPath(queue), apiKey)];
    const stats = await runLoad({ ...job, traffic: { kind: 'requests', requests } });
    const cycles = await runLoad(
      { ...job, connections: settings.connections },
      probeServer(server),
    );
    return { start: tally.result(), steps, stats, cycles };
  });
}
