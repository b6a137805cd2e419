import { expect, it } from 'vitest';
import { RateLimiter } from './rate-limit.js';

let nowMs = 0;
const clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  monotonicMs: () => nowMs,
  setTimer: () => () => {},
};

it('the rate limit allows a burst, then the set number of requests a second, for each key', () => {
  const limiter = new RateLimiter(clock, { requestsPerSecond: 2, burst: 3 });
  const allowed = (key: string): boolean => limiter.take(key).allowed;
  expect([allowed('a'), allowed('a'), allowed('a'), allowed('a')]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(allowed('b')).toBe(true);
  nowMs += 499;
  expect(allowed('a')).toBe(false);
  nowMs += 1;
  expect(allowed('a')).toBe(true);
  expect(allowed('a')).toBe(false);
});

it('the rate limit states in whole seconds when to retry', () => {
  const limiter = new RateLimiter(clock, { requestsPerSecond: 0.25, burst: 1 });
  expect(limiter.take('a')).toEqual({
    allowed: true,
    limit: 1,
    remaining: 0,
    resetSeconds: 4,
    retryAfterSeconds: 1,
  });
  nowMs += 500;
  expect(limiter.take('a')).toMatchObject({ allowed: false, retryAfterSeconds: 4 });
  nowMs += 3_500;
  expect(limiter.take('a').allowed).toBe(true);
});
