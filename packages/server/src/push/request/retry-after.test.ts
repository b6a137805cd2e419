import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.js';

const NOW_MS = Date.UTC(2026, 0, 1, 12);

it.each([
  ['0', 0],
  ['7', 7_000],
  [' 120 ', 120_000],
  ['007', 7_000],
  ['3600', 3_600_000],
  ['3601', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
  ['Thu Jan  1 12:00:30 2026', 30_000],
  ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ['Fri, 02 Jan 2026 12:00:00 GMT', 3_600_000],
  [['5', '9'], 5_000],
  [undefined, null],
  [[], null],
  ['', null],
  ['-1', null],
  ['1.5', null],
  ['1e3', null],
  ['0x10', null],
  ['soon', null],
  ['2026-01-01T12:00:30Z', null],
  ['1767268830', 3_600_000],
  ['Thu, 99 Foo 2026 12:00:30 GMT', null],
  ['Thu, 01 Jan 2026 12:00:30', null],
])('the header Retry-After of %j is read as %j', (header, expected) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(expected);
});
