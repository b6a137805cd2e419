import type { Clock } from '../../core/clock.js';
import type { DeliveryRef, LeasedMessage } from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import { settleWhileHeld } from './settle-again.js';

/** The data that an ack needs, so that the payload is not kept in memory until the store answers. */
interface Delivery extends DeliveryRef {
  readonly leaseExpiresAtMs: number;
}

/**
 * The acks of a subscription's pushes. One command is under way at a time; pushes that succeed in the
 * meantime are acked together in the next one, since each push costs the store an ack.
 */
export class Acks {
  private gathered: Delivery[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    private readonly target: { readonly project: string; readonly queue: string },
  ) {}

  /** Acks the message, unless its lease ends first. */
  add({ messageId, receipt, leaseExpiresAtMs }: LeasedMessage): void {
    this.gathered.push({ messageId, receipt, leaseExpiresAtMs });
    this.running ??= this.run();
  }

  /** Resolves when all acks under way have ended. */
  settled(): Promise<void> {
    return this.running ?? Promise.resolve();
  }

  private async run(): Promise<void> {
    // Pushes that succeed in the same turn are acked together with the first.
    await undefined;
    while (this.gathered.length > 0) {
      const deliveries = this.gathered;
      this.gathered = [];
      await settleWhileHeld(this.commit, this.clock, deliveries, (entries) => ({
        kind: 'ack',
        ...this.target,
        idempotency: null,
        batch: true,
        entries,
      }));
    }
    this.running = undefined;
  }
}
