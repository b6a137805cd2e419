import { expect, test } from 'vitest';
import { LatencyHistogram } from '../src/load/latency-histogram.js';

test('percentiles are within a bucket of the exact ones, and the maximum is exact', () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 10_000; ms += 1) histogram.record(ms / 10);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exactMs = share * 1000;
    expect(histogram.percentileMs(share)).toBeGreaterThanOrEqual(exactMs);
    expect(histogram.percentileMs(share)).toBeLessThanOrEqual(exactMs * 1.02);
  }
  expect(histogram.maxMs).toBe(1000);
  expect(histogram.count).toBe(10_000);
});

test('a single stall is in the highest percentiles alone', () => {
  const histogram = new LatencyHistogram();
  for (let count = 0; count < 998; count += 1) histogram.record(1);
  histogram.record(500);
  histogram.record(700);
  expect(histogram.percentileMs(0.99)).toBeLessThan(1.1);
  expect(histogram.percentileMs(0.999)).toBeGreaterThanOrEqual(500);
  expect(histogram.maxMs).toBe(700);
});
