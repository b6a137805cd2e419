import { describe, expect, it, vi } from 'vitest';
import {
  duration,
  header,
  listOf,
  pause,
  positiveNumber,
  timeLimit,
  timeOrAge,
  timeOrSpan,
  wholeNumber,
} from './option-values.js';

describe('an option', () => {
  it.each([
    [duration, '90', 90],
    [duration, '1h30m', 5_400],
    [duration, '250ms', 0.25],
    [wholeNumber, '0', 0],
    [positiveNumber, '7', 7],
    [header, 'a=b=c', { a: 'b=c' }],
    [header, 'a: b', { a: 'b' }],
    [listOf, 'a,b', ['a', 'b']],
    [timeOrAge, '2026-05-31T12:00:00Z', '2026-05-31T12:00:00.000Z'],
    [timeOrSpan, '2026-05-31T12:00:00Z', '2026-05-31T12:00:00.000Z'],
    [timeOrSpan, '2026-05-31 12:00+02:00', '2026-05-31T10:00:00.000Z'],
    [timeOrSpan, '2026-05-31', '2026-05-31T00:00:00.000Z'],
  ] as [(text: string) => unknown, string, unknown][])('%o reads %s', (read, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    [duration, 'soon'],
    [duration, '-1'],
    [duration, '999999999d'],
    [duration, '9'.repeat(400)],
    [pause, '30d'],
    [timeLimit, '0'],
    [timeLimit, '30d'],
    [timeOrAge, '99999999d'],
    [timeOrAge, '36000d'],
    [timeOrSpan, '999999999d'],
    [timeOrAge, '2026-02-31'],
    [timeOrAge, '2026-13-01T00:00Z'],
    [timeOrAge, 'May 2026'],
    [timeOrAge, '-1'],
    [wholeNumber, '1.5'],
    [wholeNumber, '1e3'],
    [positiveNumber, '0'],
    [header, 'a'],
    [timeOrAge, 'yesterday'],
    [timeOrSpan, 'tomorrow'],
  ] as [(text: string) => unknown, string][])('%o refuses %s', (read, text) => {
    expect(() => read(text)).toThrow(/^It must be /);
  });

  it.each([
    [timeOrAge, '60', -60],
    [timeOrAge, '1h', -3_600],
    [timeOrSpan, '3600', 3_600],
    [timeOrSpan, '90d', 90 * 86_400],
  ] as const)('%o reads %s as a length of time', (read, text, seconds) => {
    vi.useFakeTimers({ now: Date.UTC(2026, 4, 31) });
    try {
      expect(Date.parse(read(text)) - Date.now()).toBe(seconds * 1_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that is repeated is added to what it had', () => {
    expect(header('b=2', { a: '1' })).toEqual({ a: '1', b: '2' });
    expect(listOf('c', ['a'])).toEqual(['a', 'c']);
  });
});
