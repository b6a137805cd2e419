import { expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

it('the backoff doubles from one second to 15 minutes', () => {
  const whole = Array.from({ length: 12 }, (_, index) => backoffMs(index + 1, () => 1) / 1_000);
  expect(whole).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  expect(backoffMs(1, () => 0)).toBe(500);
  expect(backoffMs(11, () => 0)).toBe(450_000);
  expect(backoffMs(4, () => 0.5)).toBe(6_000);
});

it.each([0, -1, 5_000, 1e9])('the backoff is within its bounds for the attempt %d', (attempt) => {
  expect(backoffMs(attempt, () => 1)).toBe(attempt > 1 ? 900_000 : 1_000);
});

it('the backoff spreads deliveries that failed together', () => {
  const delays = new Set(Array.from({ length: 100 }, (_, i) => backoffMs(10, () => i / 100)));
  expect(delays.size).toBe(100);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(256_000);
  expect(Math.max(...delays)).toBeLessThan(512_000);
});
