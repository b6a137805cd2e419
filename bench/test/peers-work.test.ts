import { expect, test } from 'vitest';
import { type CallingClient, onlyPublishes, type ScenarioName } from '../src/peers/peer.js';
import type { ClientJob, ClientResult } from '../src/peers/run/client-job.js';
import { unitOf } from '../src/peers/run/units.js';
import { fillFor } from '../src/peers/run/work-fill.js';

const job: ClientJob = {
  peer: 'bullmq-always',
  address: {},
  serverPids: [],
  scenario: 'work',
  concurrency: 10,
  payload: '{}',
  batchSize: 100,
  unitSize: 100,
  fillCount: 0,
  warmupMs: 2000,
  durationMs: 3000,
};

const withRate = (perSecond: number) => ({ perSecond }) as ClientResult;

test('the fill is for twice the rate of the pilot, and for the units under way at the end', async () => {
  const fill = await fillFor(job, [], async () => withRate(4));
  expect(fill).toBe((2 * 4 * 5 + 10) * 100);
});

test('a pilot grows until its worker is warm, and handles all that was published', async () => {
  const pilots: ClientJob[] = [];
  // A second to start, then 1,000 units a second.
  const run = async (pilot: ClientJob) => {
    pilots.push(pilot);
    const units = pilot.unitLimit as number;
    return withRate(units / (1 + units / 1000));
  };
  const fill = await fillFor(job, [], run);
  const sizes = pilots.map(({ unitLimit }) => unitLimit as number);
  expect(sizes[0]).toBe(10);
  expect(sizes.at(-1)).toBeGreaterThanOrEqual(1000);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(pilots.every(({ fillCount, unitLimit = 0 }) => fillCount === unitLimit * 100)).toBe(true);
  // Enough for its rate without the start.
  expect(fill).toBeGreaterThanOrEqual(1000 * 5 * 100);
});

test('the fastest of the earlier rounds says more than a pilot', async () => {
  const noPilot = () => Promise.reject(new Error('a pilot'));
  const fill = await fillFor(job, [withRate(4), withRate(30), withRate(5)], noPilot);
  expect(fill).toBe((2 * 30 * 5 + 10) * 100);
});

test('a unit that waits for more messages than there are says that the queue ran dry', async () => {
  const asked: number[] = [];
  const client = { ack: async (count: number) => asked.push(count) } as unknown as CallingClient;
  const unit = unitOf(client, { ...job, fillCount: 250 });
  await Promise.all([unit(0), unit(1)]);
  await expect(unit(0)).rejects.toThrow('the queue ran dry: 250 messages were too few');
  expect(asked).toEqual([100, 100]);
});

test('in the scenarios that only publish nothing is received', () => {
  const names: ScenarioName[] = ['publish', 'cycle', 'batch-publish', 'batch-cycle', 'work'];
  expect(names.filter(onlyPublishes)).toEqual(['publish', 'batch-publish']);
});
