import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../../core/clock.js';
import { type Log, NO_LOG } from '../../core/log.js';
import { DatabaseClock } from './database-clock.js';

const DATABASE_MS = 1_800_000_000_000;
const saying = (said: string[]): Log => ({ ...NO_LOG, warn: (message) => said.push(message) });

describe("the database's clock", () => {
  it('is not set back by an answer that was long under way', () => {
    const said: string[] = [];
    const clock = new DatabaseClock(saying(said));
    clock.observe(DATABASE_MS, monotonicMs());
    // It was evaluated at once and heard ten seconds later.
    clock.observe(DATABASE_MS - 10_000, monotonicMs() - 10_000);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(DATABASE_MS);
    expect(clock.isTrusted()).toBe(true);
    expect(said).toEqual([]);
  });

  it('follows a jump that no delay explains, and says so', () => {
    const said: string[] = [];
    const clock = new DatabaseClock(saying(said));
    clock.observe(DATABASE_MS, monotonicMs());
    clock.observe(DATABASE_MS + 60_000, monotonicMs());
    expect(clock.nowMs()).toBeGreaterThanOrEqual(DATABASE_MS + 60_000);
    expect(clock.isTrusted()).toBe(false);
    expect(said).toHaveLength(1);
  });
});
