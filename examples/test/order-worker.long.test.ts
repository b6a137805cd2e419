import { expect, test } from 'vitest';
import { eventually, RunningExample, useMillrace } from './example.js';
import { StubService } from './stub-service.js';

const millrace = useMillrace();

test('an order is charged once, whatever gets lost on the way', async () => {
  const payments = await StubService.start();
  // Makes each charge, but the answer to the first order gets lost and the third card is declined.
  const charges = new Map<string, number>();
  payments.reply = ({ key, body }) => {
    if (body.card === 'declined') return 402;
    const isFirst = !charges.has(key);
    if (isFirst) charges.set(key, body.cents);
    return isFirst && key === 'order-o_1' ? 'none' : 200;
  };
  const server = millrace();
  const queue = server.millrace.queue('order-charges');
  const environment = { PAYMENTS_URL: payments.url };
  const worker = new RunningExample('order-worker.ts', server, environment);
  await eventually(() => queue.get());
  await queue.publish({ id: 'o_1', cents: 500, card: 'good' });
  await queue.publish({ id: 'o_2', cents: 700, card: 'good' });
  await queue.publish({ id: 'o_3', cents: 900, card: 'declined' });
  await worker.says('charged order o_2');
  // The retry of the first order waits for its backoff.
  await eventually(async () => expect(await queue.stats()).toMatchObject({ delayed: 1, dlq: 1 }));
  await server.advanceClock(5);
  await worker.says('charged order o_1');
  expect([...charges].sort()).toEqual([
    ['order-o_1', 500],
    ['order-o_2', 700],
  ]);
  const [letter] = await queue.dlq.list().toArray(10);
  expect(letter).toMatchObject({ payload: { id: 'o_3' }, deadLetterReason: 'rejected' });
  expect(await worker.stop()).toBe(0);
  expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, delayed: 0, dlq: 1 });
});

test('an order whose worker is killed during the charge is charged by the next one', async () => {
  const payments = await StubService.start();
  payments.reply = () => new Promise(() => {});
  const server = millrace();
  const queue = server.millrace.queue('order-charges');
  const environment = { PAYMENTS_URL: payments.url };
  const killed = new RunningExample('order-worker.ts', server, environment);
  await eventually(() => queue.get());
  await queue.publish({ id: 'o_4', cents: 100, card: 'good' });
  await eventually(() => expect(payments.calls).toHaveLength(1));
  await killed.kill();
  payments.reply = () => 200;
  await server.advanceClock(60);
  const next = new RunningExample('order-worker.ts', server, environment);
  await next.says('charged order o_4');
  expect(payments.keys).toEqual(['order-o_4']);
  expect(await next.stop()).toBe(0);
});
