import type { Clock } from '../core/clock.js';
import type { LeasedMessage } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import { type PushSubscriptionRow, pushHolder } from '../core/push-subscription.js';
import { Acks } from './acks.js';
import { SETTLE_AGAIN_AFTER_MS, worthAnotherTry } from './settle-again.js';

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

  /** As long as the lease holds: after it, the message is anybody's. */
  async fail(
    { project, queue, subscriptionId }: PushSubscriptionRow,
    { messageId, receipt, leaseExpiresAtMs }: LeasedMessage,
    { delayMs, error, usesRetry }: FailedPush,
  ): Promise<void> {
    for (;;) {
      const outcome = await this.commit.submit({
        kind: 'nack',
        project,
        queue,
        idempotency: null,
        keyId: pushHolder(subscriptionId),
        batch: false,
        entries: [{ messageId, receipt, requeue: true, delayMs, error, unharmed: !usesRetry }],
      });
      if (!worthAnotherTry(outcome)) return;
      if (this.clock.nowMs() + SETTLE_AGAIN_AFTER_MS >= leaseExpiresAtMs) return;
      await new Promise<void>((resolve) => {
        this.clock.setTimer(resolve, SETTLE_AGAIN_AFTER_MS);
      });
    }
  }
}
