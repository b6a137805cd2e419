import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';
import { advanceUntil, moment, useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('retried and simultaneous calls on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const consume = (queue: string, more = {}) =>
    client.post('consume', { queue, idempotency_key: 'k', visibility_timeout: 60, ...more });
  const filled = async (count: number, settings = {}): Promise<string> => {
    const queue = await client.newQueue(settings);
    for (let n = 0; n < count; n += 1) await client.publish(queue, n);
    return queue;
  };

  test('a retried consume returns the same messages under the same receipts', async () => {
    const queue = await filled(3);
    const first = dataOf(await consume(queue, { max_messages: 2 }));
    expect(first.messages).toHaveLength(2);
    clock.advance(1_000);
    expect(replayOf(await consume(queue, { max_messages: 2 }))).toEqual(first);
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 2 });
    const [{ message_id, receipt }] = first.messages;
    expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(true);
  });

  test('a retried consume returns only messages that are still leased under the same receipts', async () => {
    const queue = await filled(4);
    const { messages } = dataOf(await consume(queue));
    const [acked, nacked, redelivered, held] = messages;
    await client.ack(queue, acked.message_id);
    await client.nack(queue, redelivered.message_id);
    await client.take(queue);
    await client.nack(queue, nacked.message_id);
    expect(replayOf(await consume(queue))).toEqual({ messages: [held] });
  });

  test('a retried consume runs again after all messages were settled, and records its new answer', async () => {
    const queue = await filled(2);
    const first = dataOf(await consume(queue, { max_messages: 1 }));
    await client.ack(queue, first.messages[0].message_id);
    const second = dataOf(await consume(queue, { max_messages: 1 }));
    expect(second.messages[0].payload).toBe(1);
    expect(replayOf(await consume(queue, { max_messages: 1 }))).toEqual(second);
  });

  test('a retried consume runs again after the leases expired', async () => {
    const queue = await filled(1);
    const [first] = dataOf(await consume(queue)).messages;
    clock.advance(60_001);
    const [second] = dataOf(await consume(queue)).messages;
    expect(second.delivery_count).toBe(2);
    expect(second.receipt).not.toBe(first.receipt);
  });

  test('simultaneous consumes with one key all end after their own wait_seconds', async () => {
    const queue = await filled(0);
    const calls = Array.from({ length: 4 }, () => consume(queue, { wait_seconds: 20 }));
    const all = Promise.all(calls);
    await moment(100);
    const atMs = clock.nowMs();
    const answers = await advanceUntil(clock, 500, all);
    for (const answer of answers) expect(dataOf(answer).messages).toEqual([]);
    expect(clock.nowMs() - atMs).toBeLessThan(50_000);
  });

  test('an empty consume is not recorded', async () => {
    const queue = await filled(0);
    expect(dataOf(await consume(queue)).messages).toEqual([]);
    await client.publish(queue, 'came later');
    expect(dataOf(await consume(queue)).messages).toHaveLength(1);
  });

  test('a different consume under the same key is refused', async () => {
    const queue = await filled(2);
    dataOf(await consume(queue, { max_messages: 1 }));
    errorOf(await consume(queue, { max_messages: 2 }), 'IDEMPOTENCY_KEY_REUSED');
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 1 });
  });

  test('a replayed consume shows the new end of a lease that was extended since', async () => {
    const queue = await filled(1);
    const [{ message_id }] = dataOf(await consume(queue)).messages;
    const { lease_expires_at } = dataOf(await client.extend(queue, message_id, 600));
    expect(replayOf(await consume(queue)).messages[0]).toMatchObject({
      lease_expires_at,
      delivery_count: 1,
    });
  });

  test('a consume that is retried after a restart gets the same delivery', async () => {
    const queue = await filled(2);
    const first = dataOf(await consume(queue));
    await running.restart();
    expect(replayOf(await consume(queue))).toEqual(first);
  });

  test('one of several simultaneous publishes under one key takes effect, and the others replay it', async () => {
    const queue = await filled(0);
    const body = { queue, payload: 'once', idempotency_key: 'k' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.post('publish', body)),
    );
    expect(new Set(answers.map(({ body }) => body.data.message_id)).size).toBe(1);
    expect(answers.filter(({ body }) => !body.metadata.cache_hit)).toHaveLength(1);
    expect((await client.stats(queue)).available).toBe(1);
  });

  test('one of several different simultaneous requests under one key takes effect', async () => {
    const queue = await filled(0);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        client.post('publish', { queue, payload: n, idempotency_key: 'k' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      errorOf(answer, 'IDEMPOTENCY_KEY_REUSED');
    }
    expect((await client.stats(queue)).available).toBe(1);
  });

  test('one of several simultaneous consumes under one key leases, and the others replay it', async () => {
    const queue = await filled(10, { max_retries: 0 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        consume(queue, {
          max_messages: 1,
        }),
      ),
    );
    const receipts = answers.map(({ body }) => body.data.messages[0].receipt);
    expect(new Set(receipts).size).toBe(1);
    expect(await client.stats(queue)).toMatchObject({ available: 9, in_flight: 1 });
  });

  test('a long poll that is retried while the first waits gets the same delivery', async () => {
    const queue = await filled(0);
    const waiting = [consume(queue, { wait_seconds: 20 }), consume(queue, { wait_seconds: 20 })];
    await moment(80);
    await client.publish(queue, 'for both');
    const answers = await Promise.all(waiting);
    const [one, two] = answers.map(({ body }) => body);
    expect(one.data.messages).toHaveLength(1);
    expect(two.data).toEqual(one.data);
    expect([one, two].filter(({ metadata }) => metadata.cache_hit)).toHaveLength(1);
    expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 1 });
  });

  test('a client that hung up in a long poll and retries gets the message', async () => {
    const queue = await filled(0);
    const abort = new AbortController();
    const body = { queue, idempotency_key: 'k', visibility_timeout: 60, wait_seconds: 20 };
    const lost = client.post('consume', body, { signal: abort.signal }).catch(() => undefined);
    await moment(80);
    abort.abort();
    await lost;
    await client.publish(queue, 'kept');
    const [message] = (await consume(queue, { wait_seconds: 20 })).body.data.messages;
    expect(message).toMatchObject({ payload: 'kept', delivery_count: 1 });
  });

  test('one of several simultaneous acks removes the message', async () => {
    const queue = await filled(1);
    const { message_id, receipt } = await client.take(queue);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.ack(queue, message_id, { receipt })),
    );
    expect(answers.map((answer) => dataOf(answer).acked).filter(Boolean)).toHaveLength(1);
  });
});
