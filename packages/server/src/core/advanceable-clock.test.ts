import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/harness/fake-clock.js';
import { AdvanceableClock } from './advanceable-clock.js';

function clocks() {
  const base = new FakeClock();
  const clock = new AdvanceableClock(base);
  const fired: string[] = [];
  const set = (name: string, delayMs: number) => clock.setTimer(() => fired.push(name), delayMs);
  return { base, clock, fired, set };
}

describe('a clock that can be advanced', () => {
  it('adds its advances to the time and the monotonic time of the other clock, not to the wall time', () => {
    const { base, clock } = clocks();
    const wallMs = clock.wallMs();
    clock.advance(5_000);
    base.advance(20);
    clock.advance(1);
    expect(clock.aheadMs).toBe(5_001);
    expect(clock.nowMs()).toBe(base.nowMs() + 5_001);
    expect(clock.monotonicMs()).toBe(base.monotonicMs() + 5_001);
    expect(clock.wallMs()).toBe(wallMs + 20);
  });

  it('fires the timers that an advance has passed, in the order of their times, at the new time', () => {
    const { base, clock, fired, set } = clocks();
    const startMs = clock.nowMs();
    set('later', 2_000);
    set('sooner', 1_000);
    set('not yet', 3_001);
    clock.setTimer(() => fired.push(`after ${clock.nowMs() - startMs} ms`), 2_500);
    clock.advance(3_000);
    base.advance(0);
    expect(fired).toEqual(['sooner', 'later', 'after 3000 ms']);
    base.advance(1);
    expect(fired.at(-1)).toBe('not yet');
  });

  it('fires a timer once, and not at all after it was cancelled', () => {
    const { base, clock, fired, set } = clocks();
    set('kept', 10);
    const cancel = set('cancelled', 10);
    clock.advance(5);
    cancel();
    clock.advance(5);
    base.advance(0);
    clock.advance(100);
    base.advance(100);
    expect(fired).toEqual(['kept']);
  });

  it('keeps timers without an end waiting', () => {
    const { base, clock, fired, set } = clocks();
    set('never', Number.POSITIVE_INFINITY);
    set('never either', Number.POSITIVE_INFINITY);
    set('soon', 10);
    clock.advance(1_000_000);
    base.advance(0);
    expect(fired).toEqual(['soon']);
  });
});
