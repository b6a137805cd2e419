import type { Clock } from '../core/clock.js';
import type { AckCommand, LeasedMessage, NackCommand } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import { type PushSubscriptionRow, pushHolder } from '../core/push-subscription.js';

const RETRY_AFTER_MS = 500;
/** Worth another try: nothing was done, or a repetition does no harm. */
const TRY_AGAIN = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN']);

export interface FailedPush {
  readonly delayMs: number;
  readonly error: string;
  /** Whether the failure counts towards the retries. */
  readonly usesRetry: boolean;
}

/** Ends the leases of pushes, by the queue's own commands. */
export class Settlement {
  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
  ) {}

  ack(subscription: PushSubscriptionRow, message: LeasedMessage): Promise<void> {
    const { messageId, receipt } = message;
    return this.untilSettled(message, {
      kind: 'ack',
      ...targetOf(subscription),
      batch: false,
      entries: [{ messageId, receipt }],
    });
  }

  fail(subscription: PushSubscriptionRow, message: LeasedMessage, push: FailedPush): Promise<void> {
    const { messageId, receipt } = message;
    const { delayMs, error, usesRetry } = push;
    return this.untilSettled(message, {
      kind: 'nack',
      ...targetOf(subscription),
      keyId: pushHolder(subscription.subscriptionId),
      batch: false,
      entries: [{ messageId, receipt, requeue: true, delayMs, error, unharmed: !usesRetry }],
    });
  }

  /** As long as the lease holds: after it, the message is anybody's. */
  private async untilSettled(
    { leaseExpiresAtMs }: LeasedMessage,
    command: AckCommand | NackCommand,
  ): Promise<void> {
    for (;;) {
      const outcome = await this.commit.submit(command);
      if (outcome.ok || !TRY_AGAIN.has(outcome.code)) return;
      if (this.clock.nowMs() + RETRY_AFTER_MS >= leaseExpiresAtMs) return;
      await new Promise<void>((resolve) => {
        this.clock.setTimer(resolve, RETRY_AFTER_MS);
      });
    }
  }
}

const targetOf = ({ project, queue }: PushSubscriptionRow) => ({
  project,
  queue,
  idempotency: null,
});
