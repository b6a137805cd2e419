import { expect, test } from 'vitest';
import { LoadTally } from '../src/load/load-tally.js';
import { OpenTally } from '../src/load/open/open-tally.js';

const LIMITS = { warmupMs: 1000, durationMs: 3000 };

test('a closed loop counts the units that ended within the measured time', () => {
  const tally = new LoadTally(LIMITS);
  const { measureFromMs: fromMs, measureUntilMs: untilMs } = tally;
  tally.recordUnit(fromMs - 20, fromMs - 10);
  tally.recordUnit(fromMs - 5, fromMs);
  tally.recordUnit(untilMs - 20, untilMs - 1);
  tally.recordUnit(untilMs - 20, untilMs);
  expect(tally.completed).toBe(2);
});

test('an open loop counts the units that were due within it, however late they ended', () => {
  const tally = new OpenTally(LIMITS);
  const { measureFromMs: fromMs, measureUntilMs: untilMs } = tally;
  tally.recordUnit(fromMs - 5, fromMs + 10);
  tally.recordUnit(fromMs, fromMs + 10);
  tally.recordUnit(untilMs - 1, untilMs + 8999);
  tally.recordUnit(untilMs, untilMs + 10);
  const { completed, maxMs, worstMs } = tally.openResult();
  expect({ completed, maxMs: Math.round(maxMs) }).toEqual({ completed: 2, maxMs: 9000 });
  expect(worstMs.map(Math.round)).toEqual([10, 0, 9000]);
});

test('answers of the warm-up count as answers, but not as measured ones', () => {
  const tally = new LoadTally(LIMITS);
  const answer = { status: 200, body: Buffer.from('ok') };
  tally.recordAnswer(answer, true, tally.measureFromMs - 1);
  tally.recordAnswer(answer, true, tally.measureFromMs);
  expect(tally.result()).toMatchObject({ answered: 2, measuredAnswers: 1, nonSuccess: 0 });
});
