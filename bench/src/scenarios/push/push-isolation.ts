import { setTimeout as sleep } from 'node:timers/promises';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueues } from '../../calls/fill-queue.js';
import { PUSH_FLAGS, pause, resume, subscribe } from '../../calls/push-calls.js';
import { expectLeft } from '../../calls/queue-stats.js';
import { compare, WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import type { LoadResult } from '../../load/load-tally.js';
import { arrivals, type Receiver, startReceiver } from '../../references/push/receiver.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';

const HEALTHY = 8;
const SICK = ['hang', 'error', 'drip'];
/** A push to a sick receiver may take 0.8 of this, so that its breaker opens during the measurement. */
const SICK_LEASE_SECONDS = 2;
/** How long the last pushes to the sick receivers take to end. */
const RECOVERY_MS = 2000;
/** How often each side is measured in a round, each time for a part of the seconds. */
const TURNS = 4;
/** More than a healthy subscription can push in a second on today's machines. */
const PUSHES_PER_SECOND_MAX = 3000;
const SICK_MESSAGES = 5000;

const measure: Measure = {
  name: 'push-isolation',
  unit: 'pushes to healthy receivers',
  kind: 'rate',
  target: 0.9,
};

export const pushIsolation: Scenario = {
  name: measure.name,
  summary: '8 healthy subscriptions next to one that hangs, one that fails and one that drips',

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
        // Warms up both sides, and pays the one-time cost of the first failures.
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
 * Measures alone and together in turn, in one server, so that effects of its age, of the length of its
 * queues and of the machine are the same for both sides.
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
