import type { PushError } from '../egress/push-error.js';
import type { PushOutcome } from '../request/exchange.js';

/**
 * What one attempt means. `success`: the message was delivered. `failure`: the receiver refused it.
 * `outage`: the fault may have nothing to do with this message. `unsent`: this server refused to send
 * it, which says nothing about the receiver. `cancelled`: the attempt was cancelled.
 */
export type DeliveryResult = 'success' | 'failure' | 'outage' | 'unsent' | 'cancelled';

const OUTAGE_STATUS = new Set([429, 502, 503, 504]);

/** Errors of this server's own checks, which waiting for the receiver does not resolve. */
const UNSENT: ReadonlySet<PushError> = new Set([
  'url not allowed',
  'address not allowed',
  'request not valid',
]);

export function deliveryResult(outcome: PushOutcome): DeliveryResult {
  if ('error' in outcome) {
    if (outcome.error === 'cancelled') return 'cancelled';
    return UNSENT.has(outcome.error) ? 'unsent' : 'outage';
  }
  if (outcome.status >= 200 && outcome.status < 300) return 'success';
  return OUTAGE_STATUS.has(outcome.status) ? 'outage' : 'failure';
}
