import { expect, it } from 'vitest';
import { parseDuration } from './duration.js';

it.each([
  ['7d', 604_800_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['1m500ms', 60_500],
  ['1.5h', 5_400_000],
  ['0s', 0],
  ['60', 60_000],
  ['0.25', 250],
])('%s is %i ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

it.each(['', 'd', '1.', '1e3', '7 d', '-7d', '7D', '7days', '1h30', '.5h', '1e3s'])(
  '"%s" is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
