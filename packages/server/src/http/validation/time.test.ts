import { expect, it } from 'vitest';
import { parseTime } from './time.js';

it.each([
  ['2026-01-01T00:00:00.000Z', Date.UTC(2026, 0, 1)],
  ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
  ['2024-02-29T23:59:59.9Z', Date.UTC(2024, 1, 29, 23, 59, 59, 900)],
  ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  [0, 0],
  [1_767_225_600_000, Date.UTC(2026, 0, 1)],
])('parseTime reads %s', (input, timeMs) => {
  expect(parseTime(input)).toBe(timeMs);
});

it.each([
  '',
  'now',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+01:00',
  '2026-01-01 00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-32T00:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:60:00Z',
  '+012026-01-01T00:00:00Z',
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  253_402_300_800_000,
])('parseTime refuses %s', (input) => {
  expect(parseTime(input)).toBeUndefined();
});

it.each(['2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '2026-04-31T00:00:00Z'])(
  'parseTime refuses %s, a day that its month does not have',
  (input) => {
    expect(parseTime(input)).toBeUndefined();
  },
);
