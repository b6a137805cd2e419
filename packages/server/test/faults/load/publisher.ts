import { isWorthRetrying, retryCall } from '../calls/retry-call.js';
import type { PublishRequest } from '../ledger/ledger-events.js';
import { pause } from './pause.js';
import { makePayload } from './payload-maker.js';
import { GROUP_IDS, type QueuePlan } from './queue-plan.js';
import type { SeededRandom } from './seeded-random.js';
import type { WorkloadContext } from './workload.js';

/** Publishes one message after the other, mostly as a careful client does: with keys and retries. */
export async function runPublisher(context: WorkloadContext, random: SeededRandom): Promise<void> {
  const { api, plan, stopped } = context;
  while (!stopped.aborted) {
    const number = context.nextPublish();
    if (number === undefined) return;
    const queue = random.pick(plan.publishTo);
    const payload = makePayload(`m${number}`, random);
    const request = { queue, payload, ...positionOf(plan, queue, random) };
    if (random.chance(0.15)) {
      // Without a key a retry might publish twice, so a lost answer stays lost.
      const outcome = await api.call(api.pickNode(random), 'publish', request);
      if (isWorthRetrying(outcome)) await pause(40, stopped);
    } else {
      const keyed = { ...request, idempotencyKey: `k${number}` };
      await retryCall(api, 'publish', keyed, random, stopped);
      // The client repeats a call that was answered: the answer must be the same.
      if (random.chance(0.05)) await retryCall(api, 'publish', keyed, random, stopped);
    }
    await pause(random.integer(1, 8), stopped);
  }
}

/** A delay, or a message group in FIFO queues, which allow no delay. */
function positionOf(plan: QueuePlan, queue: string, random: SeededRandom): Partial<PublishRequest> {
  if (plan.fifo.includes(queue))
    return random.chance(0.9) ? { groupId: random.pick(GROUP_IDS) } : {};
  return random.chance(0.1) ? { delayMs: random.integer(100, 1_500) } : {};
}
