import type { Clock } from '../core/clock.js';
import type { DeliveryRef, LeasedMessage } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import { settleWhileHeld } from './settle-again.js';

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
    this.underWay = settleWhileHeld(this.commit, this.clock, messages, (held) => ({
      kind: 'ack',
      ...this.target,
      idempotency: null,
      batch: true,
      entries: held.map(refOf),
    }));
    await this.underWay;
    if (this.gathering === undefined) this.idle();
  }
}

const refOf = ({ messageId, receipt }: LeasedMessage): DeliveryRef => ({ messageId, receipt });
