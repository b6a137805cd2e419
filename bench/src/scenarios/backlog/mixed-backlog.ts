import { setTimeout as sleep } from 'node:timers/promises';
import { createQueues } from '../../calls/create-queues.js';
import { fillMixed, PRIORITIES } from '../../calls/fill-mixed.js';
import type { Bench, Comparison, Scenario } from '../../comparison/scenario.js';
import { compareSteps } from '../../comparison/step-rounds.js';
import type { CycleTraffic } from '../../load/drivers/traffic.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import type { StoreKind } from '../../servers/stores.js';
import { residentMib } from '../../storage/resident-memory.js';

const NAME = 'mixed-backlog';
const QUEUES = 100;
const SMALL_BACKLOG = 1000;
const STEPS = ['consume', 'ack', 'stats'];
/** Calls of each kind in one round. */
const SAMPLES = 300;
/** Long enough for the side that is measured first to be as warm as the other. */
const WARMUP_MS = 5000;
const SAMPLES_LIMIT_MS = 120_000;
/** Time for garbage collection after the load, and for background work of the store. */
const PAUSE_MS = 10_000;
const RSS_GROWTH_TARGET_MIB = 64;

export const mixedBacklog: Scenario = {
  name: NAME,
  summary: 'consume, ack and stats over 100 mixed queues, with 1,000,000 waiting, against 1,000',

  async run(bench) {
    return [...(await compareOn('sqlite', bench)), ...(await compareOn('postgres', bench))];
  },
};

interface Fill {
  samples: LoadResult[];
  rssMib: number;
}

/** The same server runs through both fills, because its memory is compared too. */
async function compareOn(kind: StoreKind, bench: Bench): Promise<Comparison[]> {
  const { backlog } = bench.settings;
  return onNewStore(await bench.stores.make(kind), async (server) => {
    // Priorities order only every other queue; in the rest they are stored without any effect.
    const queues = await createQueues(server, QUEUES, (index) => ({
      enable_priority: index % 2 === 0,
    }));
    const small = await fillAndSample(server, queues, SMALL_BACKLOG, bench);
    const large = await fillAndSample(server, queues, backlog - SMALL_BACKLOG, bench);
    noteMemory(kind, small, large, bench);
    return compareSteps(
      (step) => ({
        name: `${NAME} ${kind} ${step}`,
        unit: `${backlog} waiting, against ${SMALL_BACKLOG}`,
        kind: 'cost',
        target: 2,
      }),
      STEPS,
      small.samples,
      large.samples,
      bench,
    );
  });
}

async function fillAndSample(
  server: MillraceServer,
  queues: string[],
  addedMessages: number,
  { settings, progress }: Bench,
): Promise<Fill> {
  const startedMs = performance.now();
  await fillMixed(server, queues, Math.floor(addedMessages / QUEUES));
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  progress(`${NAME}: ${addedMessages} messages published in ${seconds} s`);
  await sleep(PAUSE_MS);
  const rssMib = residentMib(server.pid);

  // Whole cycles: each consumed message is replaced, so the backlog stays as it is.
  const { apiKey, port } = server;
  const shape = { publishes: true, priorities: PRIORITIES, asksStats: true };
  const traffic: CycleTraffic = { kind: 'cycle', apiKey, queues, ...shape };
  const job = { port, connections: 1, traffic, warmupMs: 0 };
  await runLoad({ ...job, durationMs: WARMUP_MS });
  const samples: LoadResult[] = [];
  while (samples.length < settings.rounds) {
    samples.push(await runLoad({ ...job, durationMs: SAMPLES_LIMIT_MS, unitLimit: SAMPLES }));
  }
  return { samples, rssMib };
}

function noteMemory(kind: StoreKind, small: Fill, large: Fill, { note, settings }: Bench): void {
  const growth = large.rssMib - small.rssMib;
  note(
    `${NAME} ${kind}: the server used ${small.rssMib.toFixed(0)} MiB with ${SMALL_BACKLOG} waiting ` +
      `and ${large.rssMib.toFixed(0)} MiB with ${settings.backlog}: ` +
      `${growth.toFixed(0)} MiB more (target <= ${RSS_GROWTH_TARGET_MIB})`,
  );
}
