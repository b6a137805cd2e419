import type { Clock } from '../clock.js';

/** A consumer that waits for messages of a queue. */
export interface Waiter {
  /** Woken since its last wait began. */
  isWoken: boolean;
  /** Woken at least once. */
  wasWoken: boolean;
  /** Woken by the timer that looks for lost signals, not by the signal of a message. */
  isSafetyWake: boolean;
  notify: (() => void) | null;
}

export const newWaiter = (): Waiter => ({
  isWoken: false,
  wasWoken: false,
  isSafetyWake: false,
  notify: null,
});

/**
 * How many waiters are woken in one turn of the event loop: each of them submits a command to the store.
 */
const WOKEN_AT_ONCE = 32;

/** The consumers that wait for messages of one queue, in the order of their arrival. */
export class QueueWaiters {
  private count = 0;
  private readonly asleep = new Set<Waiter>();
  /**
   * Waiters that are looking now and may miss new messages; a waiter that was woken is in neither set.
   */
  private readonly looking = new Set<Waiter>();
  /** Wakes left for the next turn of the event loop. */
  private wakesLeft = 0;
  private cancelSafetyPoll: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** How often one waiter is woken in case a signal of messages was lost; null: never. */
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

  /**
   * Sleeping waiters are woken first; then those that are looking, because they may have looked too
   * early.
   */
  wakeSome(messages: number): void {
    const isUnderWay = this.wakesLeft > 0;
    // Waiters that come later look for themselves.
    const wakeable = this.asleep.size + this.looking.size;
    this.wakesLeft = Math.min(this.wakesLeft + messages, wakeable);
    if (!isUnderWay) this.wakeSlice();
  }

  /** Wakes all at once when the server stops: none of them submits a command to the store any more. */
  wakeAsleep(): void {
    for (const waiter of [...this.asleep]) this.wakeOne(waiter);
  }

  wakeForSafety(): void {
    const next = first(this.asleep);
    if (next === undefined) return;
    this.wakeOne(next);
    next.isSafetyWake = true;
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
    waiter.isSafetyWake = false;
    waiter.notify?.();
  }

  private pollForSafety(): void {
    if (this.safetyPollMs === null || this.cancelSafetyPoll !== undefined) return;
    this.cancelSafetyPoll = this.clock.setTimer(() => {
      this.cancelSafetyPoll = undefined;
      this.wakeForSafety();
      if (!this.isEmpty) this.pollForSafety();
    }, this.safetyPollMs);
  }
}

const first = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value;
