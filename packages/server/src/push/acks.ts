import type { Clock } from '../core/clock.js';
import type { DeliveryRef, LeasedMessage } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import { SETTLE_AGAIN_AFTER_MS, worthAnotherTry } from './settle-again.js';

/**
 * The acks of one queue's pushes. One command is under way at a time, and what succeeds meanwhile
 * goes together with the next: an ack is what each push costs the store.
 */
export class Acks {
  private gathered: LeasedMessage[] = [];
  private gathering: Promise<void> | undefined;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    private readonly target: { readonly project: string; readonly queue: string },
    /** Called when all are settled. */
    private readonly idle: () => void,
  ) {}

  add(message: LeasedMessage): Promise<void> {
    this.gathered.push(message);
    this.gathering ??= this.sendAfter(this.underWay);
    return this.gathering;
  }

  private async sendAfter(before: Promise<void> | undefined): Promise<void> {
    await before;
    const messages = this.gathered;
    this.gathered = [];
    this.gathering = undefined;
    this.underWay = this.settle(messages);
    await this.underWay;
    if (this.gathering === undefined) this.idle();
  }

  /** As long as the leases hold: after that, the messages are anybody's. */
  private async settle(messages: readonly LeasedMessage[]): Promise<void> {
    let held = messages;
    while (held.length > 0) {
      const outcome = await this.commit.submit({
        kind: 'ack',
        ...this.target,
        idempotency: null,
        batch: true,
        entries: held.map(refOf),
      });
      if (!worthAnotherTry(outcome)) return;
      const againAtMs = this.clock.nowMs() + SETTLE_AGAIN_AFTER_MS;
      held = held.filter(({ leaseExpiresAtMs }) => againAtMs < leaseExpiresAtMs);
      if (held.length === 0) return;
      await new Promise<void>((resolve) => {
        this.clock.setTimer(resolve, SETTLE_AGAIN_AFTER_MS);
      });
    }
  }
}

const refOf = ({ messageId, receipt }: LeasedMessage): DeliveryRef => ({ messageId, receipt });
