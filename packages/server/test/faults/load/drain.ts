import { setMaxListeners } from 'node:events';
import type { QueueApi } from '../calls/queue-api.js';
import { retryCall } from '../calls/retry-call.js';
import { pause } from './pause.js';
import type { QueuePlan } from './queue-plan.js';
import type { SeededRandom } from './seeded-random.js';

const DRAINERS_PER_QUEUE = 2;

/**
 * Consumes and acks until the queues have been empty for longer than any lease lasts, and the stats
 * agree, or until the time is up: then the checker finds the messages that remain.
 */
export async function drain(
  api: QueueApi,
  plan: QueuePlan,
  random: SeededRandom,
  deadlineMs: number,
): Promise<void> {
  const done = new AbortController();
  // Every retry of every loop adds a listener, which is no leak.
  setMaxListeners(0, done.signal);
  let lastSeenMs = performance.now();
  const consumeAll = async (queue: string, stream: SeededRandom): Promise<void> => {
    while (!done.signal.aborted) {
      const request = { queue, maxMessages: 100, waitMs: 300 };
      const consumed = await retryCall(api, 'consume', request, stream, done.signal);
      const messages = consumed.kind === 'answered' ? consumed.answer.messages : [];
      if (messages.length > 0) lastSeenMs = performance.now();
      if (consumed.kind !== 'answered') await pause(100, done.signal);
      await Promise.all(
        messages.map(({ messageId, receipt }) =>
          retryCall(api, 'ack', { queue, messageId, receipt }, stream, done.signal),
        ),
      );
    }
  };
  const loops = plan.all.flatMap((queue) =>
    Array.from({ length: DRAINERS_PER_QUEUE }, () => consumeAll(queue, random.fork())),
  );
  const endAtMs = performance.now() + deadlineMs;
  const idleMs = plan.longestVisibilityMs + 500;
  while (performance.now() < endAtMs) {
    await pause(250);
    if (performance.now() - lastSeenMs < idleMs) continue;
    if ((await countWaiting(api, plan, random)) === 0) break;
  }
  done.abort();
  await Promise.all(loops);
  // The balance is checked against stats that were read after everything had ended.
  await countWaiting(api, plan, random);
}

async function countWaiting(api: QueueApi, plan: QueuePlan, random: SeededRandom): Promise<number> {
  let waiting = 0;
  for (const queue of plan.all) {
    const node = api.pickNode(random);
    const outcome = await api.call(node, 'stats', { queue });
    if (outcome.kind !== 'answered') return Number.POSITIVE_INFINITY;
    const { available, inFlight, delayed } = outcome.answer;
    waiting += available + inFlight + delayed;
  }
  return waiting;
}
