import { monotonicMs, setSystemTimer } from '../../core/clock.js';

/** Nothing is called off more often than this, however many deadlines lie near each other. */
const LOOK_EVERY_MS = 20;

export interface Limited {
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Its index here; nobody else sets it. */
  index: number;
}

/**
 * Tells when deadlines are over, at most 20 ms late. It has one timer for all: most never come, and
 * a timer for each would cost every post what only few need. It is an array and no Set, because a
 * Set that grows anew leaves a table behind that still holds what has gone, and once such a table is
 * old, the garbage collector keeps all that it holds: half of its work beside a fast receiver.
 */
export class Deadlines<T extends Limited> {
  private readonly items: T[] = [];
  private nextLookMs = Number.POSITIVE_INFINITY;
  private cancelTimer = (): void => undefined;

  constructor(private readonly over: (item: T) => void) {}

  add(item: T): void {
    item.index = this.items.push(item) - 1;
    if (item.deadlineMs < this.nextLookMs) this.lookAt(item.deadlineMs);
  }

  /** Must have been added, and not yet removed. */
  remove(item: T): void {
    const last = this.items.pop() as T;
    if (last === item) return;
    last.index = item.index;
    this.items[item.index] = last;
  }

  /** Those that are there now. */
  all(): readonly T[] {
    return [...this.items];
  }

  stop(): void {
    this.cancelTimer();
  }

  private lookAt(timeMs: number): void {
    this.cancelTimer();
    this.nextLookMs = timeMs;
    this.cancelTimer = setSystemTimer(() => this.look(), timeMs - monotonicMs());
  }

  private look(): void {
    const nowMs = monotonicMs();
    this.nextLookMs = Number.POSITIVE_INFINITY;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const item of this.all()) {
      if (item.deadlineMs <= nowMs) this.over(item);
      else firstMs = Math.min(firstMs, item.deadlineMs);
    }
    if (firstMs < this.nextLookMs) this.lookAt(Math.max(firstMs, nowMs + LOOK_EVERY_MS));
  }
}
