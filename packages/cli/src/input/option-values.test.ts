import { describe, expect, it } from 'vitest';
import {
  duration,
  header,
  listOf,
  positiveNumber,
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
  ] as [(text: string) => unknown, string, unknown][])('%o reads %s', (read, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    [duration, 'soon'],
    [duration, '-1'],
    [wholeNumber, '1.5'],
    [wholeNumber, '1e3'],
    [positiveNumber, '0'],
    [header, 'a'],
    [timeOrAge, 'yesterday'],
    [timeOrSpan, 'tomorrow'],
  ] as [(text: string) => unknown, string][])('%o refuses %s', (read, text) => {
    expect(() => read(text)).toThrow(/^It must be /);
  });

  it('that is repeated is added to what it had', () => {
    expect(header('b=2', { a: '1' })).toEqual({ a: '1', b: '2' });
    expect(listOf('c', ['a'])).toEqual(['a', 'c']);
  });
});
