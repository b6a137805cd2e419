import type { Clock } from '#server/core/clock';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. It runs the timers that it passes, in order. */
export class FakeClock implements Clock {
  private readonly timers = new Set<Timer>();
  private wallAheadMs = 0;

  constructor(private timeMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.timeMs;
  }

  monotonicMs(): number {
    return this.timeMs;
  }

  wallMs(): number {
    return this.timeMs + this.wallAheadMs;
  }

  /** Makes the machine's clock jump, but not the store's. */
  jumpWall(durationMs: number): void {
    this.wallAheadMs += durationMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.timeMs + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(durationMs: number): void {
    const untilMs = this.timeMs + durationMs;
    for (;;) {
      const next = [...this.timers]
        .filter((timer) => timer.atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.timeMs = Math.max(this.timeMs, next.atMs);
      next.callback();
    }
    this.timeMs = untilMs;
  }
}
