import type { LeasedMessage } from '../../core/commands/commands.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { PushDependencies } from '../push-dependencies.js';
import type { PushOutcome } from '../request/exchange.js';
import { backoffMs } from './backoff.js';
import { deliveryResult } from './delivery-result.js';

/** Records the outcome of a post for the list of deliveries. */
export function note(
  { log }: PushDependencies,
  { subscriptionId }: PushSubscriptionRow,
  { messageId, deliveryCount }: LeasedMessage,
  atMs: number,
  outcome: PushOutcome,
): void {
  log.add(subscriptionId, {
    atMs,
    messageId,
    attempt: deliveryCount,
    status: 'status' in outcome ? outcome.status : null,
    durationMs: outcome.durationMs,
    error: 'error' in outcome ? outcome.error : null,
  });
}

/** Sends a message back after a post that did not succeed, as its outcome requires. */
export function sendBack(
  { settlement, random }: PushDependencies,
  subscription: PushSubscriptionRow,
  message: LeasedMessage,
  outcome: PushOutcome,
  { usesRetry, heldMs }: { readonly usesRetry: boolean; readonly heldMs: number },
): Promise<void> {
  if (deliveryResult(outcome) === 'cancelled') {
    return settlement.fail(subscription, message, { delayMs: 0, usesRetry, error: null });
  }
  const backoff = backoffMs(usesRetry ? message.nacks + 1 : 1, random);
  const delayMs = Math.round(Math.max(backoff, heldMs, retryAfterOf(outcome) ?? 0));
  const error = 'status' in outcome ? `the receiver answered ${outcome.status}` : outcome.error;
  return settlement.fail(subscription, message, { delayMs, usesRetry, error });
}

export const retryAfterOf = (outcome: PushOutcome): number | null =>
  'status' in outcome ? outcome.retryAfterMs : null;
