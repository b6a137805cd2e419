import type { Clock } from '../../core/clock.js';
import type { LeasedMessage } from '../../core/commands/commands.js';

/** Their slots should have become free soon. After this time other consumers have more use for them. */
const WAIT_MAX_MS = 1_000;

/** Messages that were leased for slots about to become free, oldest lease first. */
export class PrefetchedMessages {
  private readonly waiting: { readonly message: LeasedMessage; readonly sinceMs: number }[] = [];
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly giveBack: (message: LeasedMessage) => void,
  ) {}

  get size(): number {
    return this.waiting.length;
  }

  put(message: LeasedMessage): void {
    this.waiting.push({ message, sinceMs: this.clock.monotonicMs() });
    this.cancelTimer ??= this.clock.setTimer(() => this.giveBackOverdue(), WAIT_MAX_MS);
  }

  take(): LeasedMessage | undefined {
    return this.waiting.shift()?.message;
  }

  giveBackAll(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    for (const { message } of this.waiting.splice(0)) this.giveBack(message);
  }

  private giveBackOverdue(): void {
    this.cancelTimer = undefined;
    const sinceMaxMs = this.clock.monotonicMs() - WAIT_MAX_MS;
    while ((this.waiting[0]?.sinceMs ?? Number.POSITIVE_INFINITY) <= sinceMaxMs) {
      this.giveBack((this.waiting.shift() as { message: LeasedMessage }).message);
    }
    const first = this.waiting[0];
    if (first === undefined) return;
    this.cancelTimer = this.clock.setTimer(
      () => this.giveBackOverdue(),
      first.sinceMs - sinceMaxMs,
    );
  }
}
