import { expect, test } from 'vitest';
import { eventually, RunningExample, useMillrace } from './example.js';
import { StubService } from './stub-service.js';

const millrace = useMillrace();
const HOUR = 3_600;
const DAY = 24 * HOUR;

test('a refused card is tried again on schedule, and then the subscription ends', async () => {
  const billing = await StubService.start();
  // The card of the second subscription works again at the third attempt.
  const charges = (subscription: string) =>
    billing.calls.filter(({ path }) => path === `/subscriptions/${subscription}/charge`).length;
  billing.reply = ({ path }) => {
    if (path.endsWith('/end')) return 200;
    return path.includes('s_2') && charges('s_2') === 3 ? 200 : 402;
  };
  const server = millrace();
  const queue = server.millrace.queue('renewals');
  await queue.create({ maxRetries: 100 });
  await queue.publish({ subscription: 's_1', period: '2027-01' });
  // Workers that stop return messages, which are delivered again without having failed.
  for (let stop = 0; stop < 4; stop += 1) {
    const { messages } = await queue.consume();
    for (const message of messages) await queue.extend(message, 0);
  }
  const program = new RunningExample('renewals.ts', server, { BILLING_URL: billing.url });
  await queue.publish({ subscription: 's_2', period: '2027-01' });

  const attempts = (first: number, second: number) =>
    eventually(async () => {
      expect([charges('s_1'), charges('s_2')]).toEqual([first, second]);
      expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0 });
    });
  await attempts(1, 1);
  const schedule = [HOUR, DAY, 3 * DAY, 7 * DAY];
  const expected = [
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 3],
  ] as const;
  for (const [index, delay] of schedule.entries()) {
    const [first, second] = expected[index] ?? [0, 0];
    const before = expected[index - 1] ?? [1, 1];
    await server.advanceClock(delay - 60);
    await attempts(before[0], before[1]);
    await server.advanceClock(60);
    await attempts(first, second);
  }
  await program.says('end s_1');
  expect(program.printed).toContain('charge s_2');
  expect(program.printed).not.toContain('end s_2');
  const ends = billing.calls.filter(({ path }) => path.endsWith('/end'));
  expect(ends.map(({ key }) => key)).toEqual(['end-s_1-2027-01-5']);
  expect(await program.stop()).toBe(0);
});
