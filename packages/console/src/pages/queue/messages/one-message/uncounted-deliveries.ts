import type { MessageReturns } from '@millrace/client';
import { countOf } from '../../../../design/format.js';

type Delivered = Pick<MessageReturns, 'deliveryCount' | 'state' | 'failedDeliveries'>;

/** So many failures are kept at the most; then nobody knows how many there were. */
const FAILURES_KEPT = 20;

/**
 * How deliveries can have ended that are no failures and no acks; undefined if there are none. After a
 * redrive the failures before it stay, so the number is a lower bound.
 */
export function uncountedInWords(
  { deliveryCount, state, failedDeliveries }: Delivered,
  isFifo: boolean,
): string | undefined {
  const ended = deliveryCount - (state === 'leased' ? 1 : 0);
  const uncounted = ended - failedDeliveries.length;
  if (uncounted <= 0 || failedDeliveries.length >= FAILURES_KEPT) return undefined;
  const reasons = [
    'a consumer gave the message back',
    'a push met an outage of its receiver, which uses no retry',
    ...(isFifo
      ? [
          'it was leased together with an earlier message of its message group, which failed or whose lease ran out: that one alone counts a failure, and the leases after it end too',
        ]
      : []),
  ];
  return `${countOf(uncounted, 'delivery', 'deliveries')} ended without an answer, and ${uncounted === 1 ? 'counts' : 'count'} as no failure. That happens when ${reasons.join('; or when ')}.`;
}
