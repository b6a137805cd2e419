import { setTimeout as sleep } from 'node:timers/promises';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueues } from '../../calls/fill-queue.js';
import { expectLeft, PUSH_FLAGS, pause, resume, subscribe } from '../../calls/push-calls.js';
import { compare, WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import type { LoadResult } from '../../load/load-tally.js';
import { arrivals, type Receiver, startReceiver } from '../../references/receiver.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';

const HEALTHY = 8;
const SICK = ['hang', 'error', 'drip'];
/** A push to them may take 0.8 of it, so that the breaker opens while it is measured. */
const SICK_LEASE_SECONDS = 2;
/** Until the last push to them has ended. */
const RECOVERY_MS = 2000;
/** How often in a round each side is measured, for a part of the seconds. */
const TURNS = 4;
/** More than a healthy subscription can push in a second on the machines there are. */
const PUSHES_PER_SECOND_MAX = 3000;
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
        const seconds = 2 * settings.seconds + (WARMUP_MS + (TURNS + 1) * RECOVERY_MS) / 1000;
        await fillQueues(server, healthy, seconds * PUSHES_PER_SECOND_MAX);
        await fillQueues(server, sick, SICK_MESSAGES);
        const well: string[] = [];
        for (const queue of healthy) {
          well.push(await subscribe(server, queue, receiver.url(queue)));
        }
        const ill: string[] = [];
        for (const [index, queue] of sick.entries()) {
          const url = receiver.url(SICK[index] as string);
          ill.push(await subscribe(server, queue, url, { visibility_timeout: SICK_LEASE_SECONDS }));
        }
        // Both sides are warm, and what a first failure costs once is paid.
        await sleep(WARMUP_MS);
        await pause(server, ill);
        await sleep(RECOVERY_MS);
        const round = await measureInTurn(server, receiver, ill, settings.seconds * 1000);
        await expectLeft(server, queues);
        await pause(server, well);
        return round;
      },
      PUSH_FLAGS,
    );
  } finally {
    await receiver.stop();
  }
}

/**
 * Alone and together in turn, in one server: what changes with its age, with what is left in its
 * queues or with the machine falls on both sides alike.
 */
async function measureInTurn(
  server: MillraceServer,
  receiver: Receiver,
  sick: readonly string[],
  durationMs: number,
): Promise<Round> {
  const alone: LoadResult[] = [];
  const together: LoadResult[] = [];
  while (together.length < TURNS) {
    alone.push(await arrivals(receiver, durationMs / TURNS));
    await resume(server, sick);
    together.push(await arrivals(receiver, durationMs / TURNS));
    await pause(server, sick);
    await sleep(RECOVERY_MS);
  }
  return { reference: sum(alone), ours: sum(together) };
}

const sum = (turns: readonly LoadResult[]): LoadResult => {
  const mean = (of: (turn: LoadResult) => number): number =>
    turns.reduce((total, turn) => total + of(turn), 0) / turns.length;
  return {
    ...(turns.at(-1) as LoadResult),
    completed: mean(({ completed }) => completed) * turns.length,
    perSecond: mean(({ perSecond }) => perSecond),
    cpuShare: mean(({ cpuShare }) => cpuShare),
  };
};
