import { retryCall } from '../calls/retry-call.js';
import { pause } from '../load/pause.js';
import type { FaultRun } from './fault-kind.js';

/** Publishes messages, leases and delays for the checker to follow through an event. */

const LEASE_MS = 8_000;
const SETTLED_AFTER_MS = 6_500;
const DELAYED = 10;
const HELD = 20;

export async function publishTo(
  { api, random }: FaultRun,
  queue: string,
  count: number,
  delayMs?: number,
): Promise<void> {
  const delay = delayMs === undefined ? {} : { delayMs };
  const publish = async (): Promise<void> => {
    const token = `w${random.integer(0, 0xffff_ffff)}-${random.integer(0, 0xffff_ffff)}`;
    const request = { queue, payload: `{"witness":"${token}"}`, idempotencyKey: token, ...delay };
    await retryCall(api, 'publish', request, random);
  };
  await Promise.all(Array.from({ length: count }, publish));
}

/** Leases some messages for longer than the jump lasts, and may delay others for as long. */
export async function holdThroughJump(run: FaultRun, delays: boolean): Promise<void> {
  const { api, plan, random } = run;
  const [queue = ''] = plan.publishTo;
  if (delays) await publishTo(run, queue, DELAYED, LEASE_MS);
  await publishTo(run, queue, HELD);
  const idempotencyKey = `h${random.integer(0, 0xffff_ffff)}`;
  const request = { queue, maxMessages: HELD, visibilityTimeoutMs: LEASE_MS, idempotencyKey };
  const outcome = await retryCall(api, 'consume', request, random);
  if (outcome.kind !== 'answered') return;
  await pause(SETTLED_AFTER_MS);
  await Promise.all(
    outcome.answer.messages.map(({ messageId, receipt }, index) => {
      const target = { queue, messageId, receipt };
      // Half of them first show that their lease still holds.
      const extended =
        index % 2 === 0
          ? retryCall(api, 'extend', { ...target, visibilityTimeoutMs: LEASE_MS }, random)
          : Promise.resolve();
      return extended.then(() => retryCall(api, 'ack', target, random));
    }),
  );
}
