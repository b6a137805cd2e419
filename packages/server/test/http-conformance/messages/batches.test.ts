import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';

const MIB = 1024 * 1024;

describe.each(STORE_FACTORIES)('publish_batch on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const publish = (queue: string, messages: unknown[], more = {}) =>
    client.post('publish_batch', { queue, messages, ...more });

  test('returns the ids in the order of the messages, and consume keeps that order', async () => {
    const queue = await client.newQueue();
    const payloads = Array.from({ length: 200 }, (_, n) => n);
    const messages = payloads.map((payload) => ({ payload }));
    const data = dataOf(await publish(queue, messages));
    expect(Object.keys(data)).toEqual(['message_ids']);
    expect(new Set(data.message_ids).size).toBe(200);
    const consumed = await client.consume(queue, { max_messages: 1_000 });
    expect(consumed.map(({ payload }) => payload)).toEqual(payloads);
    expect(consumed.map(({ message_id }) => message_id)).toEqual(data.message_ids);
  });

  test('applies the fields of each entry to its own message only', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    const full = {
      payload: null,
      priority: 7,
      headers: { a: 'b' },
      message_group_id: 'g',
      deduplication_id: 'd',
    };
    await publish(queue, [{ payload: 1 }, full, { payload: 'later', delay_seconds: 10 }]);
    expect(await client.stats(queue)).toMatchObject({ available: 2, delayed: 1 });
    const [first, second] = await client.consume(queue);
    expect(first).toMatchObject(full);
    expect(second).toMatchObject({ payload: 1, priority: 0 });
    expect(second).not.toHaveProperty('headers');
    clock.advance(10_000);
    expect((await client.take(queue)).payload).toBe('later');
  });

  test('answers an empty list of messages with an empty list of ids', async () => {
    const queue = await client.newQueue();
    expect(dataOf(await publish(queue, []))).toEqual({ message_ids: [] });
    expect((await client.stats(queue)).available).toBe(0);
  });

  test.each([
    ['a priority out of bounds', { payload: 1, priority: 10 }, '/messages/2/priority'],
    [
      'headers that are too large',
      { payload: 1, headers: { a: 'x'.repeat(8_192) } },
      '/messages/2/headers',
    ],
    ['no payload', {}, '/messages/2/payload'],
  ])('publishes nothing when an entry has %s, and names that entry', async (_what, bad, path) => {
    const queue = await client.newQueue();
    const answer = await publish(queue, [{ payload: 1 }, { payload: 2 }, bad, { payload: 3 }]);
    expect(errorOf(answer, 'INVALID_REQUEST').details[0].path).toBe(path);
    expect(await client.stats(queue)).toMatchObject({ available: 0, delayed: 0 });
  });

  test('publishes nothing when a payload is too large, and names that payload', async () => {
    const queue = await client.newQueue();
    const answer = await publish(queue, [{ payload: 1 }, { payload: 'x'.repeat(MIB - 1) }]);
    const { details } = errorOf(answer, 'PAYLOAD_TOO_LARGE');
    expect(details[0].path).toBe('/messages/1/payload');
    expect((await client.stats(queue)).available).toBe(0);
    dataOf(await publish(queue, [{ payload: 1 }, { payload: 'x'.repeat(MIB - 2) }]));
  });

  test('accepts 1,000 messages or 16 MiB of payloads, and refuses one byte more', async () => {
    const queue = await client.newQueue();
    dataOf(
      await publish(
        queue,
        Array.from({ length: 1_000 }, (_, payload) => ({ payload })),
      ),
    );
    const large = Array.from({ length: 16 }, () => ({ payload: 'x'.repeat(MIB - 2) }));
    errorOf(await publish(queue, [...large, { payload: 1 }]), 'PAYLOAD_TOO_LARGE');
    expect((await client.stats(queue)).available).toBe(1_000);
    expect(dataOf(await publish(queue, large)).message_ids).toHaveLength(16);
  });

  test('keeps every payload byte for byte, wherever it is in its entry', async () => {
    const queue = await client.newQueue();
    const entries: [text: string, payload: string][] = [
      ['{"payload":{ "b":1, "a":9007199254740993 }}', '{ "b":1, "a":9007199254740993 }'],
      ['{"x":{"payload":0},"payload" : [1.0]\n,"headers":{"payload":"]}"}}', '[1.0]'],
      ['{"payload":1,"payload":"\\u0041]},{\\"payload\\":2"}', '"\\u0041]},{\\"payload\\":2"'],
      ['{"\\u0070ayload":1e400}', '1e400'],
      ['{"payload":null}', 'null'],
    ];
    const list = entries.map(([text]) => text).join(' , ');
    const body = `{"messages":1,"extra":[{"messages":[]}],"messages":[ ${list} ],"queue":"${queue}"}`;
    dataOf(await client.post('publish_batch', body));
    const { text } = await client.post('consume', { queue });
    for (const [, payload] of entries) expect(text).toContain(`"payload":${payload},`);
  });

  test('wakes a waiting long poll', async () => {
    const queue = await client.newQueue();
    const waiting = client.consume(queue, { wait_seconds: 20 });
    await client.publishAll(queue, [1, 2, 3]);
    expect((await waiting).length).toBeGreaterThan(0);
  });

  test('keeps its messages over a restart', async () => {
    const queue = await client.newQueue();
    await client.publishAll(queue, [1, 2, 3]);
    await running.restart();
    expect(await client.payloads(queue)).toEqual([1, 2, 3]);
  });
});

describe.each(STORE_FACTORIES)('auto-create on $name', (factory) => {
  const { client } = useManager(factory, ['--auto-create']);

  test('push_subscribe creates an unknown queue, except when the call is refused', async () => {
    const url = 'https://receiver.example/hook';
    const subscribe = (queue: string, more: object = {}) =>
      client.post(`push_subscribe/${queue}`, { url, ...more });
    const made = dataOf(await subscribe('made-by-push', { idempotency_key: 'k' }));
    expect(made).toMatchObject({ queue: 'made-by-push', url });
    expect(dataOf(await client.get('get/made-by-push')).type).toBe('standard');
    expect(replayOf(await subscribe('made-by-push', { idempotency_key: 'k' }))).toEqual(made);
    const lost = { dead_letter_queue: 'unmade-too' };
    errorOf(await subscribe('unmade', lost), 'DEAD_LETTER_QUEUE_NOT_FOUND');
    errorOf(await subscribe('unmade', { dead_letter_queue: 'unmade' }), 'DEAD_LETTER_CYCLE');
    errorOf(await subscribe('unmade', { url: 'https://localhost/' }), 'URL_NOT_ALLOWED');
    errorOf(await client.get('get/unmade'), 'QUEUE_NOT_FOUND');
    errorOf(await client.get('push_subscriptions/unmade'), 'QUEUE_NOT_FOUND');
    const dead = dataOf(await subscribe('made-too', { dead_letter_queue: 'made-by-push' }));
    expect(dead).toMatchObject({ queue: 'made-too', dead_letter_queue: 'made-by-push' });
  });

  test('publish_batch creates an unknown queue; ack_batch, purge, update, dlq/redrive and delete do not', async () => {
    const messages = [{ payload: 1 }];
    dataOf(await client.post('publish_batch', { queue: 'made-by-batch', messages }));
    expect((await client.stats('made-by-batch')).available).toBe(1);
    errorOf(await client.post('ack_batch', { queue: 'unmade', messages: [] }), 'QUEUE_NOT_FOUND');
    errorOf(await client.purge('unmade'), 'QUEUE_NOT_FOUND');
    errorOf(await client.update('unmade'), 'QUEUE_NOT_FOUND');
    errorOf(await client.redrive('unmade'), 'QUEUE_NOT_FOUND');
    expect(dataOf(await client.delete('unmade')).deleted).toBe(false);
    errorOf(await client.get('get/unmade'), 'QUEUE_NOT_FOUND');
  });
});
