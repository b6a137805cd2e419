import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SettleBatches } from '#client/worker/settling/settle-batches';
import { gate } from './worker-run.js';

/** Batches of at most four, whose calls the test answers one by one. */
function batchesUnderWay() {
  const sent: number[][] = [];
  const answers: (() => void)[] = [];
  const batches = new SettleBatches<number, string>(4, async (entries) => {
    sent.push([...entries]);
    const { opened, open } = gate();
    answers.push(open);
    await opened;
    return entries.map((entry) => `did ${entry}`);
  });
  return { batches, sent, answers };
}

test('entries of one turn travel together, and at once', async () => {
  const { batches, sent, answers } = batchesUnderWay();
  const results = Promise.all([batches.add(1), batches.add(2)]);
  await turn();
  expect(sent).toEqual([[1, 2]]);
  answers[0]?.();
  expect(await results).toEqual(['did 1', 'did 2']);
});

test('entries gather while two calls are under way', async () => {
  const { batches, sent, answers } = batchesUnderWay();
  for (let entry = 1; entry <= 8; entry += 1) {
    void batches.add(entry);
    await turn();
  }
  expect(sent).toEqual([[1], [2]]);
  answers[1]?.();
  await expect.poll(() => sent).toEqual([[1], [2], [3, 4, 5, 6]]);
  answers[0]?.();
  await expect.poll(() => sent).toEqual([[1], [2], [3, 4, 5, 6], [7, 8]]);
});

test('a call that fails fails its entries and no others', async () => {
  const fails = new SettleBatches<number, number>(1, async ([entry]) => {
    if (entry === 1) throw new Error('refused');
    return [entry as number];
  });
  const results = await Promise.allSettled([fails.add(1), fails.add(2)]);
  expect(results).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 2 }]);
});
