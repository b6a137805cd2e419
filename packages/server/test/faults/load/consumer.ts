import { isWorthRetrying, retryCall } from '../calls/retry-call.js';
import type { ConsumeRequest, DeliveredMessage } from '../ledger/ledger-events.js';
import { pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';
import { type HeldMessage, settle } from './settling.js';
import type { WorkloadContext } from './workload.js';

/** Bounds the number of slow holders, so that a run does not end with every message leased. */
const MAX_HELD = 200;

/** Consumes from all queues in turn, and settles each message in one of several ways. */
export async function runConsumer(context: WorkloadContext, random: SeededRandom): Promise<void> {
  const { plan, stopped } = context;
  const held = new Set<Promise<void>>();
  let firstFailure: unknown;
  while (!stopped.aborted && firstFailure === undefined) {
    const request: ConsumeRequest = {
      queue: random.pick(plan.consumeFrom),
      maxMessages: random.integer(1, 20),
      ...(random.chance(0.6)
        ? { visibilityTimeoutMs: random.integer(1_000, plan.longestVisibilityMs) }
        : {}),
      ...(random.chance(0.5) ? { waitMs: random.integer(50, 600) } : {}),
    };
    for (const message of await consume(context, request, random)) {
      const visibilityTimeoutMs = request.visibilityTimeoutMs ?? plan.longestVisibilityMs;
      const holding: HeldMessage = { queue: request.queue, message, visibilityTimeoutMs };
      const settled = settle(context, holding, random.fork())
        .catch((error: unknown) => {
          firstFailure ??= error;
        })
        .finally(() => held.delete(settled));
      held.add(settled);
    }
    while (held.size > MAX_HELD) await Promise.race(held);
  }
  await Promise.all(held);
  if (firstFailure !== undefined) throw firstFailure;
}

/** With a key, a consume whose answer was lost is retried and gets its messages again. */
async function consume(
  { api, stopped }: WorkloadContext,
  request: ConsumeRequest,
  random: SeededRandom,
): Promise<readonly DeliveredMessage[]> {
  const idempotencyKey = `c${random.integer(0, 0xffff_ffff)}-${random.integer(0, 0xffff_ffff)}`;
  const outcome = random.chance(0.3)
    ? await retryCall(api, 'consume', { ...request, idempotencyKey }, random, stopped)
    : await api.call(api.pickNode(random), 'consume', request);
  if (outcome.kind === 'answered') {
    if (outcome.answer.messages.length === 0) await pause(5, stopped);
    return outcome.answer.messages;
  }
  if (isWorthRetrying(outcome)) await pause(40, stopped);
  return [];
}
