import { setTimeout as sleep } from 'node:timers/promises';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueues } from '../../calls/fill-queue.js';
import { PUSH_FLAGS, pause, subscribe } from '../../calls/push-calls.js';
import { expectLeft } from '../../calls/queue-stats.js';
import { compare, roundLimits, WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import type { LoadResult } from '../../load/load-tally.js';
import {
  arrivals,
  type Received,
  type Receiver,
  startReceiver,
} from '../../references/push/receiver.js';
import { runUndiciPosts } from '../../references/push/undici-posts.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';

const SUBSCRIPTIONS = 16;
const MAX_IN_FLIGHT = 10;
const SAMPLE_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 20;
const FILL_MARGIN = 1.2;

const measure: Measure = {
  name: 'push-vs-undici',
  unit: 'posts',
  kind: 'rate',
  target: 0.5,
};

export const pushVsUndici: Scenario = {
  name: measure.name,
  summary: '16 subscriptions with 10 pushes under way each, against 160 posts of undici alone',

  async run(bench) {
    return [await compare(measure, bench, () => runRound(bench))];
  },
};

async function runRound({ stores, settings }: Bench): Promise<Round> {
  const receiver = await startReceiver();
  try {
    return await onNewStore(
      await stores.chosen(),
      async (server) => {
        const sample = await pushOne(server, receiver);
        const reference = await postAlone(receiver, sample, settings.seconds);
        // As many messages as could be pushed if a push cost no more than a post, and some to spare.
        const pushes = reference.perSecond * (settings.seconds + WARMUP_MS / 1000) * FILL_MARGIN;
        const perSubscription = Math.ceil(pushes / SUBSCRIPTIONS);
        const queues = await createQueues(server, SUBSCRIPTIONS);
        await fillQueues(server, queues, perSubscription);
        return { reference, ours: await pushAll(server, receiver, queues, settings.seconds) };
      },
      PUSH_FLAGS,
    );
  } finally {
    await receiver.stop();
  }
}

/** Makes real pushes, so that the reference can post the same headers and the same body. */
async function pushOne(server: MillraceServer, receiver: Receiver): Promise<Received> {
  const [queue = ''] = await createQueues(server, 1);
  await fillQueues(server, [queue], 1);
  await subscribe(server, queue, receiver.url('sample'));
  const untilMs = performance.now() + SAMPLE_LIMIT_MS;
  for (;;) {
    const received = await receiver.received();
    // Waits for all pushes, so that none is under way when the reference is measured.
    if (received.answered >= 1000) return received;
    if (performance.now() > untilMs) throw new Error('nothing was pushed');
    await sleep(LOOK_EVERY_MS);
  }
}

const postAlone = (
  receiver: Receiver,
  { lastHeaders, lastBody }: Received,
  seconds: number,
): Promise<LoadResult> => {
  const {
    host: _host,
    connection: _connection,
    'content-length': _length,
    ...headers
  } = lastHeaders;
  return runUndiciPosts({
    urls: Array.from({ length: SUBSCRIPTIONS }, (_, index) => receiver.url(String(index))),
    headers,
    body: lastBody,
    concurrency: SUBSCRIPTIONS * MAX_IN_FLIGHT,
    ...roundLimits({ seconds }),
  });
};

async function pushAll(
  server: MillraceServer,
  receiver: Receiver,
  queues: readonly string[],
  seconds: number,
): Promise<LoadResult> {
  const settings = { max_in_flight: MAX_IN_FLIGHT };
  const subscriptions: string[] = [];
  for (const [index, queue] of queues.entries()) {
    subscriptions.push(await subscribe(server, queue, receiver.url(String(index)), settings));
  }
  await sleep(WARMUP_MS);
  const result = await arrivals(receiver, seconds * 1000);
  await expectLeft(server, queues);
  await pause(server, subscriptions);
  return result;
}
