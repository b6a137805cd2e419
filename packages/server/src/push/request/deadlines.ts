import { monotonicMs, setSystemTimer } from '../../core/clock.js';

/** The shortest time between two checks, however close together the deadlines are. */
const CHECK_EVERY_MS = 20;

export interface Limited {
  /** A time on the monotonic clock. */
  readonly deadlineMs: number;
  /** The index of the item in `Deadlines`, which alone sets it. */
  index: number;
}

/**
 * Reports deadlines that have passed, at most 20 ms late. One timer serves all of them: most deadlines
 * are never reached, so a timer for each would cost every post for the sake of a few. The items are in
 * an array, not in a Set: a Set that is resized leaves a table behind that still refers to removed
 * items, and once that table is in the old generation it keeps all of them alive. With a fast receiver
 * that was half of the garbage collector's work.
 */
export class Deadlines<T extends Limited> {
  private readonly items: T[] = [];
  private nextCheckMs = Number.POSITIVE_INFINITY;
  private cancelTimer = (): void => undefined;

  constructor(private readonly over: (item: T) => void) {}

  add(item: T): void {
    item.index = this.items.push(item) - 1;
    if (item.deadlineMs < this.nextCheckMs) this.checkAt(item.deadlineMs);
  }

  /** The item must have been added and not yet removed. */
  remove(item: T): void {
    const last = this.items.pop() as T;
    if (last === item) return;
    last.index = item.index;
    this.items[item.index] = last;
  }

  /** A copy of the current items. */
  all(): readonly T[] {
    return [...this.items];
  }

  stop(): void {
    this.cancelTimer();
  }

  private checkAt(timeMs: number): void {
    this.cancelTimer();
    this.nextCheckMs = timeMs;
    this.cancelTimer = setSystemTimer(() => this.check(), timeMs - monotonicMs());
  }

  private check(): void {
    const nowMs = monotonicMs();
    this.nextCheckMs = Number.POSITIVE_INFINITY;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const item of this.all()) {
      if (item.deadlineMs <= nowMs) this.over(item);
      else firstMs = Math.min(firstMs, item.deadlineMs);
    }
    if (firstMs < this.nextCheckMs) this.checkAt(Math.max(firstMs, nowMs + CHECK_EVERY_MS));
  }
}
