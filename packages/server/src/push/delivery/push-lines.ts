import { monotonicMs } from '../../core/clock.js';
import type { LeasedMessage } from '../../core/commands/commands.js';
import type { Log, LogFields } from '../../core/log.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { AttemptEnd } from '../receiver/breaker.js';
import type { PushOutcome } from '../request/exchange.js';
import { deliveryResult } from './delivery-result.js';

/**
 * The log lines about the pushes of one subscription. They never contain the url, which may include a
 * secret; the id identifies the subscription.
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

  /** The receiver has answered that it no longer exists. */
  paused(subscription: PushSubscriptionRow): void {
    this.log.counted('warn', 'push subscription paused: the receiver answered 410', {
      ...idsOf(subscription),
    });
  }
}

/** The fields that identify a subscription elsewhere. */
export const idsOf = ({ subscriptionId, queue, project }: PushSubscriptionRow): LogFields => ({
  subscription_id: subscriptionId,
  queue,
  project,
});

const causeOf = (outcome: PushOutcome): string =>
  'error' in outcome ? outcome.error : `the receiver answered ${outcome.status}`;
