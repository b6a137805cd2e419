import type { Clock } from '../core/clock.js';
import type { LeasedMessage } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import { type PushSubscriptionRow, pushHolder } from '../core/push-subscription.js';
import { Acks } from './acks.js';
import { settleWhileHeld } from './settle-again.js';

export interface FailedPush {
  readonly delayMs: number;
  /** Null: it was not tried. */
  readonly error: string | null;
  /** Whether the failure counts towards the retries. */
  readonly usesRetry: boolean;
}

/** Ends the leases of pushes, by the queue's own commands. */
export class Settlement {
  private readonly acks = new Map<string, Acks>();

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the message is acknowledged, or its lease was over before it could be. */
  ack({ project, queue }: PushSubscriptionRow, message: LeasedMessage): Promise<void> {
    const key = `${project}\n${queue}`;
    let acks = this.acks.get(key);
    if (acks === undefined) {
      const forget = () => this.acks.delete(key);
      acks = new Acks(this.commit, this.clock, { project, queue }, forget);
      this.acks.set(key, acks);
    }
    return acks.add(message);
  }

  fail(
    { project, queue, subscriptionId }: PushSubscriptionRow,
    message: LeasedMessage,
    { delayMs, error, usesRetry }: FailedPush,
  ): Promise<void> {
    const { messageId, receipt } = message;
    const entry = { messageId, receipt, requeue: true, delayMs, error, unharmed: !usesRetry };
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
