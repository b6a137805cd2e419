import { setTimeout as sleep } from 'node:timers/promises';
import { compare, WARMUP_MS } from '../compare.js';
import { createQueues } from '../create-queues.js';
import { fillQueues } from '../fill-queue.js';
import type { LoadResult } from '../load-tally.js';
import { onNewStore } from '../millrace-turn.js';
import { expectLeft, PUSH_FLAGS, pause, subscribe } from '../push-calls.js';
import { arrivals, type Receiver, startReceiver } from '../receiver.js';
import type { Bench, Measure, Round, Scenario } from '../scenario.js';
import type { MillraceServer } from '../server-process.js';

const HEALTHY = 8;
const SICK = ['hang', 'error', 'drip'];
/** A push to them may take 0.8 of it, so that the breaker opens while it is measured. */
const SICK_LEASE_SECONDS = 2;
/** Until the last push to them has ended. */
const RECOVERY_MS = 3000;
/** More than a healthy subscription can push in a second on the machines there are. */
const PUSHES_PER_SECOND_MAX = 1500;
const SICK_MESSAGES = 5000;

const measure: Measure = {
  name: 'push-isolation',
  unit: 'posts to healthy ones',
  kind: 'rate',
  target: 0.9,
};

export const pushIsolation: Scenario = {
  name: measure.name,
  summary: '8 healthy subscriptions beside one that hangs, one of errors and one that drips',

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
        const queues = await createQueues(server, HEALTHY + SICK.length);
        const healthy = queues.slice(0, HEALTHY);
        const sick = queues.slice(HEALTHY);
        const seconds = 3 * settings.seconds + (WARMUP_MS + 2 * RECOVERY_MS) / 1000;
        await fillQueues(server, healthy, seconds * PUSHES_PER_SECOND_MAX);
        await fillQueues(server, sick, SICK_MESSAGES);
        const subscriptions: string[] = [];
        for (const queue of healthy) {
          subscriptions.push(await subscribe(server, queue, receiver.url(queue)));
        }
        await sleep(WARMUP_MS);
        const round = await measureBoth(server, receiver, sick, settings.seconds * 1000);
        await expectLeft(server, queues);
        await pause(server, subscriptions);
        return round;
      },
      PUSH_FLAGS,
    );
  } finally {
    await receiver.stop();
  }
}

/**
 * Alone, together, and alone once more, in one server: what changes with its age, or with what is
 * left in its queues, falls on both sides alike.
 */
async function measureBoth(
  server: MillraceServer,
  receiver: Receiver,
  sick: readonly string[],
  durationMs: number,
): Promise<Round> {
  const before = await arrivals(receiver, durationMs);
  const subscriptions = await Promise.all(
    sick.map((queue, index) =>
      subscribe(server, queue, receiver.url(SICK[index] as string), {
        visibility_timeout: SICK_LEASE_SECONDS,
      }),
    ),
  );
  const ours = await arrivals(receiver, durationMs);
  await pause(server, subscriptions);
  await sleep(RECOVERY_MS);
  const after = await arrivals(receiver, durationMs);
  return { reference: mean(before, after), ours };
}

const mean = (a: LoadResult, b: LoadResult): LoadResult => ({
  ...b,
  completed: Math.round((a.completed + b.completed) / 2),
  perSecond: (a.perSecond + b.perSecond) / 2,
  cpuShare: (a.cpuShare + b.cpuShare) / 2,
});
