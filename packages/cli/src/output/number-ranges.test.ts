import { expect, it } from 'vitest';
import { numberRanges } from './number-ranges.js';

it.each([
  [[2], '2'],
  [[2, 4, 5, 6, 9], '2, 4 to 6, 9'],
  [Array.from({ length: 20 }, (_, n) => 2 * n), /^0, 2, .*, 38$/],
  [Array.from({ length: 23 }, (_, n) => 2 * n), /, 38 and 3 more \(--json has all\)$/],
])('%j are named in short', (numbers, text) => {
  expect(numberRanges(numbers)).toMatch(text);
});
