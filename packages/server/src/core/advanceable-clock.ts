import type { Clock } from './clock.js';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
  cancel(): void;
}

/**
 * A clock that follows another one and can be advanced. An advance is one jump, as if everything had
 * stood still for that time: each timer whose time has come fires once, in the order of their times.
 */
export class AdvanceableClock implements Clock {
  private advancedMs = 0;
  private readonly timers = new Set<Timer>();

  constructor(private readonly base: Clock) {}

  /** How far this clock has been advanced in all. */
  get aheadMs(): number {
    return this.advancedMs;
  }

  nowMs(): number {
    return this.base.nowMs() + this.advancedMs;
  }

  monotonicMs(): number {
    return this.base.monotonicMs() + this.advancedMs;
  }

  /** Is not advanced, because others compare it with their own clocks. */
  wallMs(): number {
    return this.base.wallMs();
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const atMs = this.monotonicMs() + Math.max(0, delayMs);
    const timer: Timer = { atMs, callback, cancel: () => undefined };
    this.timers.add(timer);
    this.arm(timer);
    return () => this.disarm(timer);
  }

  advance(durationMs: number): void {
    this.advancedMs += durationMs;
    for (const timer of [...this.timers].sort((a, b) => a.atMs - b.atMs)) {
      timer.cancel();
      this.arm(timer);
    }
  }

  private arm(timer: Timer): void {
    timer.cancel = this.base.setTimer(() => {
      this.timers.delete(timer);
      timer.callback();
    }, timer.atMs - this.monotonicMs());
  }

  private disarm(timer: Timer): void {
    timer.cancel();
    this.timers.delete(timer);
  }
}
