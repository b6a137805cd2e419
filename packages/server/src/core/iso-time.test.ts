import { describe, expect, it } from 'vitest';
import { toIso } from './iso-time.js';

describe('a time in ISO 8601', () => {
  it.each([
    0, 1, 999, 1_000, 1_764_000_000_007, 1_764_000_000_999, 1_764_000_001_000, -1, -1_000, -1_001,
    253_402_300_799_999,
  ])('is the same as that of a Date for %d, whatever was converted before', (timeMs) => {
    expect(toIso(timeMs)).toBe(new Date(timeMs).toISOString());
    expect(toIso(timeMs + 1)).toBe(new Date(timeMs + 1).toISOString());
    expect(toIso(timeMs)).toBe(new Date(timeMs).toISOString());
  });

  it('is refused for NaN', () => {
    expect(() => toIso(Number.NaN)).toThrow(RangeError);
  });
});
