import { expect, test } from 'vitest';
import { eventually, RunningExample, useMillrace } from './example.js';
import { StubService } from './stub-service.js';

const millrace = useMillrace();

test('each mail is sent once, no faster than allowed, after the pauses of the provider', async () => {
  const provider = await StubService.start();
  provider.reply = ({ body }) => {
    if (body.to === 'nobody') return 422;
    const isFirst = provider.calls.length === 1;
    return isFirst ? { status: 429, headers: { 'retry-after': '600' } } : 202;
  };
  const server = millrace();
  const queue = server.millrace.queue('outgoing-mails');
  const mailer = new RunningExample('mailer.ts', server, {
    MAIL_URL: provider.url,
    MAILS_PER_SECOND: '2',
  });
  await eventually(() => queue.get());
  const to = ['ada', 'bob', 'cyd', 'dan', 'eve', 'nobody'];
  const entries = to.map((name) => ({ payload: { to: name, subject: 'Hello', text: 'Hello' } }));
  const { messageIds } = await queue.publishBatch(entries);
  await eventually(async () => expect(await queue.stats()).toMatchObject({ delayed: 1, dlq: 1 }));
  // The one that met the pause waits as long as the provider said.
  await eventually(async () => expect((await queue.stats()).inFlight).toBe(0));
  expect(provider.calls).toHaveLength(6);
  await server.advanceClock(600);
  await eventually(async () => expect((await queue.stats()).delayed).toBe(0));
  await eventually(() => expect(provider.calls).toHaveLength(7));
  expect(provider.keys.sort()).toEqual([...messageIds].sort());
  // Two a second: the fifth call is sent two seconds after the first, or later, but the first may arrive late.
  const [first, , , , fifth] = provider.calls;
  expect((fifth?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(1_000);
  expect(await mailer.stop()).toBe(0);
  expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, delayed: 0, dlq: 1 });
});

test.each([
  ['until a date', 600, () => new Date(Date.now() + 600_000).toUTCString()],
  ['that cannot be read', 30, () => 'soon'],
])('a pause %s is kept', async (_, seconds, retryAfter) => {
  const provider = await StubService.start();
  provider.reply = () =>
    provider.calls.length === 1
      ? { status: 429, headers: { 'retry-after': retryAfter() } }
      : { status: 202, headers: {} };
  const server = millrace();
  const queue = server.millrace.queue('outgoing-mails');
  const mailer = new RunningExample('mailer.ts', server, { MAIL_URL: provider.url });
  await eventually(() => queue.get());
  const { messageId } = await queue.publish({ to: 'ada', subject: 'Hello', text: 'Hello' });
  const waits = async () =>
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, delayed: 1 });
  await eventually(waits);
  // A date has no fractions of a second, and the way to the provider takes time.
  await server.advanceClock(seconds - 20);
  await waits();
  await server.advanceClock(20);
  await mailer.says(`sent ${messageId}`);
  expect(provider.calls).toHaveLength(2);
  expect(await mailer.stop()).toBe(0);
});
