import { LIMITS } from '@millrace/protocol/limits';
import type { Clock } from '../../core/clock.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import type { IdSource } from '../../core/ids.js';
import type { PushAttempt } from '../../core/queue/push-subscription.js';

const FLUSH_AFTER_MS = 1_000;

type NewAttempt = Omit<PushAttempt, 'deliveryId'>;

/**
 * The latest attempts of each subscription before they are stored. They are written once a second and
 * many at a time: they are only for people to read, so a crash may lose those of the last second.
 */
export class AttemptLog {
  private readonly pending = new Map<string, NewAttempt[]>();
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  add(subscriptionId: string, attempt: NewAttempt): void {
    let attempts = this.pending.get(subscriptionId);
    if (attempts === undefined) {
      attempts = [];
      this.pending.set(subscriptionId, attempts);
    }
    attempts.push(attempt);
    // More would not be kept. Dropping only at twice that number avoids doing it for each attempt.
    if (attempts.length > 2 * LIMITS.pushDeliveriesKept) {
      attempts.splice(0, LIMITS.pushDeliveriesKept);
    }
    this.cancelTimer ??= this.clock.setTimer(() => void this.flush(), FLUSH_AFTER_MS);
  }

  async flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const ids = [...this.pending.keys()];
    await Promise.all(ids.map((subscriptionId) => this.flushOf(subscriptionId)));
  }

  async flushOf(subscriptionId: string): Promise<void> {
    const attempts = this.pending.get(subscriptionId);
    if (attempts === undefined) return;
    this.pending.delete(subscriptionId);
    await this.commit.submit({
      kind: 'recordPushes',
      subscriptionId,
      attempts: attempts
        .slice(-LIMITS.pushDeliveriesKept)
        .map((attempt) => ({ deliveryId: this.ids.uuid(), ...attempt })),
    });
  }
}
