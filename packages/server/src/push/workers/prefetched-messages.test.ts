import { describe, expect, it } from 'vitest';
import type { LeasedMessage } from '../../core/commands/commands.js';
import { PrefetchedMessages } from './prefetched-messages.js';

class TestClock {
  private timers: { atMs: number; callback: () => void }[] = [];
  private ms = 0;

  readonly nowMs = (): number => 0;

  readonly monotonicMs = (): number => this.ms;

  readonly wallMs = (): number => this.ms;

  readonly setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { atMs: this.ms + delayMs, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  get waiting(): number {
    return this.timers.length;
  }

  advance(durationMs: number): void {
    const untilMs = this.ms + durationMs;
    for (;;) {
      const next = this.timers.filter(({ atMs }) => atMs <= untilMs).sort(byTime)[0];
      if (next === undefined) break;
      this.ms = next.atMs;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.callback();
    }
    this.ms = untilMs;
  }
}

const byTime = (a: { atMs: number }, b: { atMs: number }): number => a.atMs - b.atMs;
const message = (messageId: string): LeasedMessage => ({ messageId }) as LeasedMessage;

function setUp() {
  const clock = new TestClock();
  const givenBack: string[] = [];
  const ahead = new PrefetchedMessages(clock, ({ messageId }) => givenBack.push(messageId));
  return { clock, givenBack, ahead };
}

describe('prefetched messages', () => {
  it('are taken in the order of their leases', () => {
    const { ahead, givenBack } = setUp();
    for (const id of ['a', 'b', 'c']) ahead.put(message(id));
    expect(ahead.size).toBe(3);
    expect([ahead.take(), ahead.take(), ahead.take(), ahead.take()]).toEqual([
      message('a'),
      message('b'),
      message('c'),
      undefined,
    ]);
    expect(givenBack).toEqual([]);
  });

  it('are released when no slot became free within a second, each after its own second', () => {
    const { ahead, clock, givenBack } = setUp();
    ahead.put(message('a'));
    clock.advance(600);
    ahead.put(message('b'));
    clock.advance(399);
    expect(givenBack).toEqual([]);
    clock.advance(1);
    expect(givenBack).toEqual(['a']);
    clock.advance(599);
    expect(givenBack).toEqual(['a']);
    clock.advance(1);
    expect(givenBack).toEqual(['a', 'b']);
    expect(ahead.size).toBe(0);
  });

  it('are released all at once when they are not wanted any more', () => {
    const { ahead, clock, givenBack } = setUp();
    for (const id of ['a', 'b']) ahead.put(message(id));
    ahead.giveBackAll();
    expect(givenBack).toEqual(['a', 'b']);
    clock.advance(10_000);
    expect(givenBack).toEqual(['a', 'b']);
  });

  it('leave no timer behind', () => {
    const { ahead, clock } = setUp();
    for (const id of ['a', 'b']) ahead.put(message(id));
    ahead.take();
    ahead.take();
    clock.advance(1_000);
    expect(clock.waiting).toBe(0);
    ahead.giveBackAll();
    expect(clock.waiting).toBe(0);
  });
});
