import { describe, expect, test } from 'vitest';
import { countOf, formatDuration, formatRelative } from './format.js';
import { hasInexactNumber, tokensOf } from './json-tokens.js';

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [0.4, '<1 s'],
    [59.9, '59 s'],
    [60, '1 m'],
    [3_599, '59 m 59 s'],
    [3_660, '1 h 1 m'],
    [90_000, '1 d 1 h'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });

  test('a time is told from now, in both directions', () => {
    const now = Date.parse('2026-01-05T08:00:00.000Z');
    expect(formatRelative('2026-01-05T07:58:00.000Z', now)).toBe('2 m ago');
    expect(formatRelative('2026-01-05T08:00:30.000Z', now)).toBe('in 30 s');
    expect(formatRelative('2026-01-05T08:00:00.000Z', now)).toBe('now');
  });
});

test('counts agree with their nouns', () => {
  expect([countOf(1, 'match', 'matches'), countOf(1_200, 'message')]).toEqual([
    '1 match',
    '1,200 messages',
  ]);
});

describe('JSON in colours', () => {
  const value = { name: 'a "quoted" \\ text: 1', list: [1, -2.5e3, true, null], '': {} };

  test.each([JSON.stringify(value, null, 2), '"only a text"', '[]', '12', ''])(
    'the parts of %j are the whole',
    (text) => {
      expect(
        tokensOf(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text);
    },
  );

  test('names, strings, numbers and words are told apart', () => {
    const kinds = tokensOf('{"a": "b: 1", "c": [-1e3, null]}')
      .filter(({ kind }) => kind !== 'mark')
      .map(({ kind, text }) => `${kind} ${text}`);
    expect(kinds).toEqual(['name "a":', 'string "b: 1"', 'name "c":', 'number -1e3', 'word null']);
  });

  test('a number that a browser cannot hold exactly is noticed, however deep', () => {
    expect(hasInexactNumber({ a: [{ b: 2 ** 53 + 2 }] })).toBe(true);
    expect(hasInexactNumber({ a: [9_007_199_254_740_991, '12345678901234567890'] })).toBe(false);
  });
});
