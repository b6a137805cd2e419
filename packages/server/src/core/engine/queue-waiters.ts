import type { Clock } from '../clock.js';

/** A consumer that waits for messages of a queue. */
export interface Waiter {
  /** Woken since the last wait began. */
  isWoken: boolean;
  /** Woken at all. */
  wasWoken: boolean;
  /** Woken because it was time to look, and not by word of a message. */
  looksForLost: boolean;
  notify: (() => void) | null;
}

export const newWaiter = (): Waiter => ({
  isWoken: false,
  wasWoken: false,
  looksForLost: false,
  notify: null,
});

/** How many are woken in one turn of the event loop: each of them has a command for the store. */
const WOKEN_AT_ONCE = 32;

/** The consumers that wait for messages of one queue, in the order in which they came. */
export class QueueWaiters {
  private count = 0;
  private readonly asleep = new Set<Waiter>();
  /** Those that look now and may miss what comes; one that was told of it is in neither set. */
  private readonly looking = new Set<Waiter>();
  /** Wakes that are left for the next turn of the event loop. */
  private wakesLeft = 0;
  private cancelSafetyPoll: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** One waiter is woken so often, should word of messages be lost; null: never. */
    private readonly safetyPollMs: number | null,
  ) {}

  get isEmpty(): boolean {
    return this.count === 0;
  }

  enter(waiter: Waiter): void {
    this.count += 1;
    this.looking.add(waiter);
    this.pollForSafety();
  }

  leave(waiter: Waiter): void {
    this.count -= 1;
    this.asleep.delete(waiter);
    this.looking.delete(waiter);
    if (this.isEmpty) this.cancelSafetyPoll?.();
  }

  sleeps(waiter: Waiter): void {
    this.looking.delete(waiter);
    this.asleep.add(waiter);
  }

  looks(waiter: Waiter): void {
    this.asleep.delete(waiter);
    this.looking.add(waiter);
  }

  /** One that sleeps comes first; one that looks, for older news, looks again. */
  wakeSome(messages: number): void {
    const isUnderWay = this.wakesLeft > 0;
    // Those that come later look for themselves.
    const wakeable = this.asleep.size + this.looking.size;
    this.wakesLeft = Math.min(this.wakesLeft + messages, wakeable);
    if (!isUnderWay) this.wakeSlice();
  }

  /** All at once, when the server stops: none of them has a command for the store any more. */
  wakeAsleep(): void {
    for (const waiter of [...this.asleep]) this.wakeOne(waiter);
  }

  lookForLost(): void {
    const next = first(this.asleep);
    if (next === undefined) return;
    this.wakeOne(next);
    next.looksForLost = true;
  }

  private wakeSlice(): void {
    for (let woken = 0; woken < WOKEN_AT_ONCE && this.wakesLeft > 0; woken += 1) {
      const next = first(this.asleep) ?? first(this.looking);
      if (next === undefined) {
        this.wakesLeft = 0;
        return;
      }
      this.wakesLeft -= 1;
      this.wakeOne(next);
    }
    if (this.wakesLeft > 0) setImmediate(() => this.wakeSlice());
  }

  private wakeOne(waiter: Waiter): void {
    this.asleep.delete(waiter);
    this.looking.delete(waiter);
    waiter.isWoken = true;
    waiter.wasWoken = true;
    waiter.looksForLost = false;
    waiter.notify?.();
  }

  private pollForSafety(): void {
    if (this.safetyPollMs === null || this.cancelSafetyPoll !== undefined) return;
    this.cancelSafetyPoll = this.clock.setTimer(() => {
      this.cancelSafetyPoll = undefined;
      this.lookForLost();
      if (!this.isEmpty) this.pollForSafety();
    }, this.safetyPollMs);
  }
}

const first = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value;
