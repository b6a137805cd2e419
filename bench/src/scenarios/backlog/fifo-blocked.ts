import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../calls/api-call.js';
import { CONSUME_PATH, consumeBody } from '../../calls/consume-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillGroups } from '../../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { expectWaiting } from '../../calls/queue-stats.js';
import type { Bench, Comparison, Scenario } from '../../comparison/scenario.js';
import { compareSteps } from '../../comparison/step-rounds.js';
import { groupId } from '../../load/drivers/cycle-driver.js';
import type { CycleTraffic } from '../../load/drivers/traffic.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { withServer } from '../../servers/millrace-turn.js';
import type { NewStore, StoreKind } from '../../servers/stores.js';

const NAME = 'fifo-blocked';
const STEPS = ['publish', 'consume', 'ack'];
const BLOCKED = 'blocked';
const OTHER_GROUPS = 1000;
/** Cycles in one round. */
const SAMPLES = 500;
const WARMUP_MS = 3000;
const SAMPLES_LIMIT_MS = 60_000;
/** Time for garbage collection after the filling, and for background work of the store. */
const PAUSE_MS = 10_000;

export const fifoBlocked: Scenario = {
  name: NAME,
  summary: 'the time of other message groups, with 1,000,000 messages in a blocked one and without',

  async run(bench) {
    return [...(await compareOn('sqlite', bench)), ...(await compareOn('postgres', bench))];
  },
};

/** The stores are kept for all rounds, because filling one takes long; the servers are not. */
async function compareOn(kind: StoreKind, bench: Bench): Promise<Comparison[]> {
  const without = await bench.stores.make(kind);
  const blocked = await bench.stores.make(kind);
  try {
    const references: LoadResult[] = [];
    const ours: LoadResult[] = [];
    const referenceQueue = await fill(without, 0, bench);
    const queue = await fill(blocked, bench.settings.backlog, bench);
    await sleep(PAUSE_MS);
    while (ours.length < bench.settings.rounds) {
      references.push(await cycles(without, referenceQueue));
      ours.push(await cycles(blocked, queue));
    }
    return compareSteps(
      (step) => ({
        name: `${NAME} ${kind} ${step}`,
        unit: `${bench.settings.backlog} in a blocked message group, against none`,
        kind: 'cost',
        target: 1.2,
      }),
      STEPS,
      references,
      ours,
      bench,
    );
  } finally {
    await without.remove();
    await blocked.remove();
  }
}

/**
 * @param behind messages behind the leased head of a message group; 0: there is no such message group
 */
function fill(store: NewStore, behind: number, { progress }: Bench): Promise<string> {
  return withServer(store.url, async (server) => {
    const [queue = ''] = await createQueues(server, 1, () => ({ type: 'fifo' }));
    const startedMs = performance.now();
    if (behind > 0) {
      // This message is the only one, so it is the one that is leased, for longer than a bench runs.
      await call(server, PUBLISH_PATH, publishBody(queue, { message_group_id: BLOCKED }));
      await call(server, CONSUME_PATH, consumeBody(queue));
      await fillGroups(server, queue, [BLOCKED], behind);
    }
    const others = Array.from({ length: OTHER_GROUPS }, (_, index) => groupId(index));
    await fillGroups(server, queue, others, 1);
    await expectWaiting(server, queue, behind + OTHER_GROUPS);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    progress(`${NAME}: ${behind} messages published behind a leased one in ${seconds} s`);
    return queue;
  });
}

/** One connection on an idle server, and whole cycles, which leave as many messages as before. */
function cycles(store: NewStore, queue: string): Promise<LoadResult> {
  return withServer(store.url, async (server) => {
    const { apiKey, port } = server;
    const shape = { publishes: true, groups: OTHER_GROUPS };
    const traffic: CycleTraffic = { kind: 'cycle', apiKey, queues: [queue], ...shape };
    const job = { port, connections: 1, traffic, warmupMs: 0 };
    await runLoad({ ...job, durationMs: WARMUP_MS });
    return runLoad({ ...job, durationMs: SAMPLES_LIMIT_MS, unitLimit: SAMPLES });
  });
}
