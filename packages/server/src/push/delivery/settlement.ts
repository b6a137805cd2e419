import type { Clock } from '../../core/clock.js';
import type { LeasedMessage } from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import { type PushSubscriptionRow, pushHolder } from '../../core/queue/push-subscription.js';
import { settleWhileHeld } from './settle-again.js';

export interface FailedPush {
  readonly delayMs: number;
  /** Null if the push was not tried. */
  readonly error: string | null;
  /** Whether the failure counts towards the retries. */
  readonly usesRetry: boolean;
}

/** Settles the leases of failed pushes with the queue's own commands. */
export class Settlement {
  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
  ) {}

  fail(
    { project, queue, subscriptionId }: PushSubscriptionRow,
    message: LeasedMessage,
    { delayMs, error, usesRetry }: FailedPush,
  ): Promise<void> {
    const { messageId, receipt } = message;
    const entry = { messageId, receipt, requeue: true, delayMs, error, withoutFailure: !usesRetry };
    return settleWhileHeld(this.commit, this.clock, [message], () => ({
      kind: 'nack',
      project,
      queue,
      idempotency: null,
      keyId: pushHolder(subscriptionId),
      batch: false,
      entries: [entry],
    }));
  }
}
