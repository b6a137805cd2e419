import { retryCall } from '../calls/retry-call.js';
import { pause } from '../load/pause.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { FaultRun } from './fault-kind.js';

const PUBLISHES = 12;

/** Creates a queue, uses it, purges it, uses it again, and deletes it while others still use it. */
export async function livesShortly(
  { api, plan }: FaultRun,
  queue: string,
  random: SeededRandom,
): Promise<void> {
  const visibilityTimeoutMs = plan.longestVisibilityMs;
  await retryCall(api, 'create', { queue, maxRetries: 3, visibilityTimeoutMs }, random);
  let published = 0;
  const publish = async (): Promise<void> => {
    for (let count = 0; count < PUBLISHES; count += 1) {
      published += 1;
      const idempotencyKey = `s${published}`;
      const payload = `{"short":"${queue}","n":${published}}`;
      await retryCall(api, 'publish', { queue, payload, idempotencyKey }, random);
      await pause(random.integer(1, 20));
    }
  };
  const consume = async (): Promise<void> => {
    for (let count = 0; count < PUBLISHES / 2; count += 1) {
      const consumed = await api.call(api.pickNode(random), 'consume', { queue, maxMessages: 3 });
      for (const { messageId, receipt } of outcomeMessages(consumed)) {
        if (random.chance(0.3)) continue;
        await retryCall(api, 'ack', { queue, messageId, receipt }, random);
      }
      await pause(random.integer(1, 60));
    }
  };
  const use = () => Promise.all([publish(), consume()]);
  await use();
  await Promise.all([use(), later(random, () => retryCall(api, 'purge', { queue }, random))]);
  await Promise.all([use(), later(random, () => retryCall(api, 'delete', { queue }, random))]);
}

type Consumed = Awaited<ReturnType<typeof retryCall<'consume'>>>;

const outcomeMessages = (consumed: Consumed) =>
  consumed.kind === 'answered' ? consumed.answer.messages : [];

async function later(random: SeededRandom, act: () => Promise<unknown>): Promise<void> {
  await pause(random.integer(10, 150));
  await act();
}
