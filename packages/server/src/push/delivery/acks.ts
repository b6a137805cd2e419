import type { Clock } from '../../core/clock.js';
import type { GroupCommit } from '../../core/engine/group-commit.js';
import type { DeliveryRef, LeasedMessage } from '../../core/queue/commands.js';
import { settleWhileHeld } from './settle-again.js';

/** What an ack needs of a message; its payload would be kept for as long as the store takes. */
interface Delivery extends DeliveryRef {
  readonly leaseExpiresAtMs: number;
}

/**
 * The acks of a subscription's pushes. One command is under way at a time, and what succeeds
 * meanwhile goes together with the next: an ack is what each push costs the store.
 */
export class Acks {
  private gathered: Delivery[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    private readonly target: { readonly project: string; readonly queue: string },
  ) {}

  /** The message will be acknowledged, unless its lease is over before it could be. */
  add({ messageId, receipt, leaseExpiresAtMs }: LeasedMessage): void {
    this.gathered.push({ messageId, receipt, leaseExpiresAtMs });
    this.running ??= this.run();
  }

  /** Resolves when all acks that are under way have ended. */
  settled(): Promise<void> {
    return this.running ?? Promise.resolve();
  }

  private async run(): Promise<void> {
    // What succeeds in the same turn goes with the first.
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
