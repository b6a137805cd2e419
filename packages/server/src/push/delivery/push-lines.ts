import { monotonicMs } from '../../core/clock.js';
import type { LeasedMessage } from '../../core/commands/commands.js';
import type { Log, LogFields } from '../../core/log.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { AttemptEnd } from '../receiver/breaker.js';
import type { PushOutcome } from '../request/exchange.js';
import { deliveryResult } from './delivery-result.js';

/**
 * What the log says of the pushes of one subscription. Never the url, which may hold a secret; it is
 * found by the id.
 */
export class PushLines {
  private openedAtMs = 0;

  constructor(private readonly log: Log) {}

  ended(
    subscription: PushSubscriptionRow,
    message: LeasedMessage,
    outcome: PushOutcome,
    change: AttemptEnd['change'],
  ): void {
    const result = deliveryResult(outcome);
    if (result !== 'success' && result !== 'cancelled') {
      const same = { ...idsOf(subscription), cause: causeOf(outcome) };
      const latest = { message_id: message.messageId, attempt: message.deliveryCount };
      this.log.counted('warn', 'push failed', same, latest);
    }
    if (change === 'opened') {
      this.openedAtMs = monotonicMs();
      this.log.counted('warn', 'push breaker opened', idsOf(subscription), {
        cause: causeOf(outcome),
      });
    } else if (change === 'closed') {
      this.log.counted('info', 'push breaker closed', idsOf(subscription), {
        open_ms: Math.round(monotonicMs() - this.openedAtMs),
      });
    }
  }

  /** The receiver has said that it is no more. */
  paused(subscription: PushSubscriptionRow): void {
    this.log.counted('warn', 'push subscription paused: the receiver answered 410', {
      ...idsOf(subscription),
    });
  }
}

/** By what a subscription is found elsewhere. */
export const idsOf = ({ subscriptionId, queue, project }: PushSubscriptionRow): LogFields => ({
  subscription_id: subscriptionId,
  queue,
  project,
});

const causeOf = (outcome: PushOutcome): string =>
  'error' in outcome ? outcome.error : `the receiver answered ${outcome.status}`;
