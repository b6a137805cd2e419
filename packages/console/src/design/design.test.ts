import { describe, expect, test } from 'vitest';
import { countOf, formatDuration, formatRelative } from './format.js';
import { compactJson, indentedJson } from './json/json-text.js';
import { tokensOf } from './json/json-tokens.js';

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
});

describe('the text of JSON', () => {
  const json =
    '{ "id" :12345678901234567890,"id":1.50e+02, "list":[ ],"o":{},"t":[ "a, b: {" ,null]}';

  test('is set in lines, with numbers and repeated names as they were written', () => {
    expect(indentedJson(json, 1_000)).toBe(
      `{
  "id": 12345678901234567890,
  "id": 1.50e+02,
  "list": [],
  "o": {},
  "t": [
    "a, b: {",
    null
  ]
}`,
    );
  });

  test('is the same as that of JSON.stringify where nothing is lost', () => {
    const value = [{ a: [[], {}, ''], 'b "c"': -1.5 }, 'text \\ "', true];
    expect(indentedJson(JSON.stringify(value), 1_000)).toBe(JSON.stringify(value, null, 2));
    expect(compactJson(JSON.stringify(value, null, 2))).toBe(JSON.stringify(value));
  });

  test('is cut, however deep its values are', () => {
    expect(indentedJson('['.repeat(100_000) + ']'.repeat(100_000), 5_000)).toHaveLength(5_000);
  });
});
