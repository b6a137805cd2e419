import { expect, test } from 'vitest';
import { ratioContest } from '../src/comparison/compare.js';
import type { Measure } from '../src/comparison/scenario.js';
import type { LoadResult } from '../src/load/load-tally.js';
import { markdownTable } from '../src/report/markdown-table.js';
import { fillSections } from '../src/report/sections.js';
import { pausesText, ratioTable } from '../src/report/tables.js';
import { usageTable } from '../src/report/usage-table.js';
import { usageBetween, usagePer } from '../src/usage/usage.js';

const result = (perSecond: number, more: Partial<LoadResult> = {}): LoadResult => ({
  units: perSecond * 2,
  completed: perSecond * 2,
  perSecond,
  p50Ms: 1,
  p99Ms: 2,
  measuredAnswers: perSecond * 2,
  answered: perSecond * 2,
  errors: 0,
  nonSuccess: 0,
  cpuShare: 0.5,
  ...more,
});

const measure: Measure = { name: 'publish', unit: 'messages', kind: 'rate', target: 0.5, aim: 0.7 };

async function comparison(of: Measure, rounds: { ours: LoadResult; reference: LoadResult }[]) {
  let next = 0;
  const contest = ratioContest(of, async () => rounds[next++] as (typeof rounds)[number]);
  for (const _ of rounds) await contest.playRound();
  return contest.result();
}

test('a section gets the new text and the rest of the document stays', () => {
  const document =
    'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb <!-- bench:y --><!-- /bench:y -->';
  const once = fillSections(document, new Map([['x', 'new']]));
  expect(once).toBe(
    'a\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nb <!-- bench:y --><!-- /bench:y -->',
  );
  expect(fillSections(once, new Map([['x', 'new']]))).toBe(once);
});

test('a section that the document lacks is an error that names it', () => {
  expect(() => fillSections('<!-- bench:x -->', new Map([['x', '']]))).toThrow('no section x');
});

test('columns without any value are left out', () => {
  expect(markdownTable(['a', 'b', 'c'], [['1', '', '3']])).toBe(
    '| a | c |\n| --- | ---: |\n| 1 | 3 |',
  );
});

test('a ratio is that of the medians, with the range of the rounds and the target', async () => {
  const row = await comparison(measure, [
    { ours: result(50), reference: result(100) },
    { ours: result(60), reference: result(100) },
    { ours: result(90), reference: result(100) },
  ]);
  expect(row).toMatchObject({ ours: 60, reference: 100, ratio: 0.6, ratioRange: [0.5, 0.9] });
  expect(ratioTable([row])).toContain('| 0.60 (0.50–0.90) | ≥ 0.5, aim 0.7 |');
});

test('usage counts by request and by message', async () => {
  const ours = result(10, {
    measuredAnswers: 60,
    usage: { mainMicros: 600, processMicros: 4000, writtenBytes: 20_000 },
  });
  const reference = result(20, { measuredAnswers: 120, usage: { mainMicros: 600 } });
  const row = await comparison({ ...measure, countPerUnit: 2 }, [{ ours, reference }]);
  // 20 units of two messages in 60 requests.
  expect(row.oursUsage?.perRequest.mainMicros).toBe(10);
  expect(row.oursUsage?.perMessage.processMicros).toBe(100);
  expect(usageTable([row])).toContain('| publish | 10.0 | 5.0 | 2.00 | 100.0 | 500 |');
});

test('messages that the load has counted come before those of a full unit', async () => {
  const ours = result(10, { completed: 10, messages: 500 });
  const row = await comparison({ ...measure, countPerUnit: 100 }, [{ ours, reference: ours }]);
  expect(row.ours).toBe(500);
});

test('usage between two readings', () => {
  const used = usageBetween({ mainMicros: 100, walBytes: 7 }, { mainMicros: 400, walBytes: 8 });
  expect(used).toEqual({ mainMicros: 300, walBytes: 1 });
  expect(usagePer(used, 2)).toEqual({ mainMicros: 150, walBytes: 0.5 });
});

test('pauses are listed by length, with their times', () => {
  const pauses = [
    { atMs: 1500, lengthMs: 120, generatorStoodMs: 1 },
    { atMs: 9000, lengthMs: 130, generatorStoodMs: 120 },
    { atMs: 20_000, lengthMs: 6000, generatorStoodMs: 0 },
  ];
  const run = { pauses, maxMs: 6100 } as never;
  const text = pausesText({
    kind: 'pauses',
    name: 'pauses',
    ratePerSecond: 100,
    seconds: 30,
    longestMs: 6000,
    targetMs: 100,
    purges: 1,
    isSwept: true,
    run,
  });
  expect(text).toContain('| 100 to 150 ms | 2 | 1.5, 9.0 | 1 |');
  expect(text).toContain('| 5000 ms and more | 1 | 20.0 | 0 |');
});
