import { expect, test } from 'vitest';
import { freePort } from '../../packages/server/test/harness/free-port.js';
import { eventually, RunningExample, useMillrace } from './example.js';
import { StubService } from './stub-service.js';

const millrace = useMillrace();

const messageIdIn = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { messageId: string }).messageId;

test('webhooks of several senders become tickets, once each, through signed pushes', async () => {
  const tickets = await StubService.start();
  // The ticket system is down for the first push.
  tickets.reply = () => (tickets.calls.length === 1 ? 500 : 200);
  const port = String(await freePort());
  const app = new RunningExample('webhooks.ts', millrace(), {
    PORT: port,
    TICKETS_URL: tickets.url,
    PUSH_SECRET: 'whsec_bWlsbHJhY2UgZXhhbXBsZSBzZWNyZXQ=',
  });
  await app.says('webhooks go to');
  const post = (path: string, event: unknown, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(event),
    });
  const answers = [
    await post('/webhooks/shop', { order: 1 }, { 'x-event-id': 'e1' }),
    await post('/webhooks/bank', { payment: 1 }, { 'x-event-id': 'e1' }),
    // The shop did not see the first answer.
    await post('/webhooks/shop', { order: 1 }, { 'x-event-id': 'e1' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  const [shop, bank, again] = await Promise.all(answers.map(messageIdIn));
  expect(again).toBe(shop);
  const queue = millrace().millrace.queue('webhooks');
  // Not earlier: an advance also ends the lease of a push that is under way.
  await eventually(async () => {
    const { delayed, inFlight } = await queue.stats();
    expect(tickets.calls.length === 3 || (delayed === 1 && inFlight === 0)).toBe(true);
  });
  await millrace().advanceClock(60);
  await eventually(() => expect(tickets.calls).toHaveLength(3));
  const filed = new Map(tickets.calls.map(({ path, body }) => [path, body]));
  expect(filed).toEqual(
    new Map([
      [`/tickets/${shop}`, { sender: 'shop', event: { order: 1 } }],
      [`/tickets/${bank}`, { sender: 'bank', event: { payment: 1 } }],
    ]),
  );
  const forged = await post('/pushes', { sender: 'nobody' }, { 'webhook-signature': 'v1,AAAA' });
  expect(forged.status).toBe(401);
  expect(tickets.calls).toHaveLength(3);
  await eventually(async () =>
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, delayed: 0, dlq: 0 }),
  );
  expect(await app.stop()).toBe(0);
});

test('the events of two senders are two, although their names and ids read the same', async () => {
  const port = String(await freePort());
  const app = new RunningExample('webhooks.ts', millrace(), {
    PORT: port,
    PUSH_SECRET: 'whsec_bWlsbHJhY2UgZXhhbXBsZSBzZWNyZXQ=',
  });
  await app.says('webhooks go to');
  const post = async (sender: string, eventId: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port}/webhooks/${sender}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-event-id': eventId },
      body: '{}',
    });
    expect(answer.status).toBe(202);
    return messageIdIn(answer);
  };
  const first = await post('a', 'b-c');
  expect(await post('a-b', 'c')).not.toBe(first);
  expect(await post('a', 'b-c')).toBe(first);
  expect(await app.stop()).toBe(0);
});
