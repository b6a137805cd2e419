import { expect, it } from 'vitest';
import { FakeClock } from '../../test/harness/fake-clock.js';
import { keepLines } from '../../test/harness/log-lines.js';
import { RepeatedLines } from './repeated-lines.js';

function counting() {
  const clock = new FakeClock();
  const { log, lines } = keepLines();
  const repeated = new RepeatedLines((_level, message, fields) => log.warn(message, fields), clock);
  const add = (same: object, latest = {}, count = 1) =>
    repeated.add('warn', 'm', same as Record<string, string>, latest, count);
  const fields = () => lines.map((line) => line.fields);
  return { clock, repeated, add, fields };
}

it('repeated lines are written once at first, then counted in one line a minute', () => {
  const { clock, add, fields } = counting();
  add({ queue: 'a' }, { message_id: '1' });
  expect(fields()).toEqual([{ queue: 'a', message_id: '1' }]);
  for (const id of ['2', '3', '4']) add({ queue: 'a' }, { message_id: id });
  clock.advance(59_999);
  expect(fields()).toHaveLength(1);
  clock.advance(1);
  expect(fields()).toMatchObject([{}, { queue: 'a', message_id: '4', repeated: 3 }]);
  expect(fields()[1]?.last_at).toMatch(/^\d{4}-.*Z$/);
  add({ queue: 'a' });
  expect(fields()).toHaveLength(2);
  clock.advance(60_000);
  expect(fields()[2]).toMatchObject({ repeated: 1 });
});

it('a line that was not repeated for a minute is written at once again', () => {
  const { clock, add, fields } = counting();
  add({ queue: 'a' });
  clock.advance(60_000);
  add({ queue: 'a' });
  expect(fields()).toEqual([{ queue: 'a' }, { queue: 'a' }]);
});

it('lines that differ are counted separately, each with its own minute', () => {
  const { clock, add, fields } = counting();
  add({ queue: 'a' });
  clock.advance(30_000);
  add({ queue: 'b' });
  add({ queue: 'a' });
  add({ queue: 'b' });
  clock.advance(30_000);
  expect(fields()).toMatchObject([{ queue: 'a' }, { queue: 'b' }, { queue: 'a', repeated: 1 }]);
  clock.advance(30_000);
  expect(fields()[3]).toMatchObject({ queue: 'b', repeated: 1 });
});

it('a line for many events shows how many there were', () => {
  const { repeated, add, fields } = counting();
  add({ queue: 'a' }, {}, 7);
  add({ queue: 'a' }, {}, 5);
  repeated.flush();
  expect(fields()).toMatchObject([{ repeated: 7 }, { repeated: 5 }]);
});

it('lines that are counted but not yet written are written at the end', () => {
  const { repeated, add, fields } = counting();
  add({ queue: 'a' });
  add({ queue: 'a' });
  repeated.flush();
  repeated.flush();
  expect(fields()).toMatchObject([{ queue: 'a' }, { queue: 'a', repeated: 1 }]);
});

it('lines beyond a hundred kinds are counted together, so that no caller fills the memory or the log', () => {
  const { clock, add, fields } = counting();
  for (let n = 0; n < 10_000; n += 1) add({ queue: `q${n}` });
  expect(fields()).toHaveLength(101);
  expect(fields()[100]).toEqual({ others: true, queue: 'q100' });
  clock.advance(60_000);
  expect(fields()).toHaveLength(102);
  expect(fields()[101]).toMatchObject({ others: true, queue: 'q9999', repeated: 9_899 });
  // There is room for further kinds again.
  add({ queue: 'another' });
  expect(fields()[102]).toEqual({ queue: 'another' });
});
