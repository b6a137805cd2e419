import { SeededRandom } from '../faults/load/seeded-random.js';
import { Actor, QUEUES, RULES } from './actor.js';
import type { FifoApi } from './fifo-api.js';
import { brokenPromises } from './fifo-checker.js';
import { Observations } from './observations.js';

export interface RunOptions {
  readonly api: FifoApi;
  readonly seed: number;
  readonly clients: number;
  readonly visibilityMs: number;
  /** Runs between the first publish and the drain. */
  readonly work: (actors: readonly Actor[], random: SeededRandom) => Promise<void>;
  readonly oneByOne: boolean;
  readonly drainSteps: number;
}

export interface ObservedRun {
  readonly broken: readonly string[];
  readonly calls: number;
  readonly delivered: number;
}

/** Lets clients work on FIFO queues, consumes the remaining messages, and checks the observations. */
export async function observeRun(options: RunOptions): Promise<ObservedRun> {
  const { api, clients, visibilityMs, work, oneByOne } = options;
  const random = new SeededRandom(options.seed);
  const seen = new Observations(() => api.nowMs());
  for (const queue of QUEUES) await api.create(queue, RULES[queue]);
  const emptying = new Set<string>();
  const newActor = () => new Actor(api, seen, random.fork(), visibilityMs, emptying);
  const actors = Array.from({ length: clients }, newActor);
  await work(actors, random.fork());
  await drain(options, seen, newActor());
  const broken = brokenPromises(seen.all, RULES, { oneByOne });
  const delivered = seen.all
    .map((call) => (call.call === 'consume' ? call.messages.length : 0))
    .reduce((sum, count) => sum + count, 0);
  return { broken, calls: seen.all.length, delivered };
}

/** Everything left can be consumed in the end: poison is acked now, too. */
async function drain(
  { api, visibilityMs, drainSteps }: RunOptions,
  seen: Observations,
  last: Actor,
): Promise<void> {
  for (let step = 0; step < drainSteps; step += 1) {
    let given = 0;
    for (const queue of QUEUES) {
      const messages = await last.take(queue, 1_000);
      given += messages.length;
      await last.ack(queue, messages);
    }
    const counts = await Promise.all(QUEUES.map((queue) => api.count(queue)));
    if (counts.every((count) => count === 0)) break;
    if (given === 0) await api.pass(Math.ceil(visibilityMs / 4));
  }
  for (const queue of QUEUES) {
    await last.listDead(queue);
    await seen.note(
      () => api.count(queue),
      (messages) => ({ call: 'leftover', queue, messages }),
    );
  }
}

/** One action after the other, or some at once, with time passing in between. */
export const inRounds =
  (rounds: number, atOnce: number, pass: (durationMs: number) => Promise<void>) =>
  async (actors: readonly Actor[], random: SeededRandom): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const chosen = new Set(Array.from({ length: atOnce }, () => random.pick(actors)));
      await Promise.all([...chosen].map((actor) => actor.act()));
      if (random.chance(0.2)) await pass(random.pick([1, 200, 1_000, 3_000]));
    }
  };
