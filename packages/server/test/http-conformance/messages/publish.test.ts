import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { moment, useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('publish on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const publish = (fields: object) => client.post('publish', fields);

  test('makes a message that can be consumed at once', async () => {
    const queue = await client.newQueue();
    const message_id = await client.publish(queue, { order_id: 'o_123' });
    expect(await client.take(queue)).toMatchObject({
      message_id,
      queue,
      payload: { order_id: 'o_123' },
      enqueued_at: new Date(clock.nowMs()).toISOString(),
      delivery_count: 1,
    });
  });

  test('gives every message its own id, even at the same moment', async () => {
    const queue = await client.newQueue();
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => client.publish(queue, n)));
    expect(new Set(ids).size).toBe(50);
    const consumed = await client.consume(queue, { max_messages: 100 });
    expect(consumed.map(({ message_id }) => message_id).sort()).toEqual(ids.sort());
  });

  test('answers QUEUE_NOT_FOUND for an unknown queue and creates none', async () => {
    errorOf(await publish({ queue: 'nowhere', payload: 1 }), 'QUEUE_NOT_FOUND');
    errorOf(await client.get('get/nowhere'), 'QUEUE_NOT_FOUND');
  });

  test('accepts headers as a map of strings, which consume returns unchanged', async () => {
    const queue = await client.newQueue();
    const headers = { 'x-a': '1', 'X-A': '2', Ünï: '☃ "quoted" \\ \u0000', '': '', 'a b': 'c' };
    await client.publish(queue, 1, { headers });
    expect((await client.take(queue)).headers).toEqual(headers);
    await client.publish(queue, 1, { headers: {} });
    expect((await client.take(queue)).headers ?? {}).toEqual({});
  });

  test('treats a header named __proto__ like any other', async () => {
    const queue = await client.newQueue();
    const body = `{"queue":"${queue}","payload":1,"headers":{"__proto__":"x","constructor":"y"}}`;
    dataOf(await client.post('publish', body));
    const answer = await client.post('consume', { queue });
    expect(answer.text).toContain('"__proto__":"x"');
    expect(answer.text).toContain('"constructor":"y"');
  });

  test('stores the message_group_id and the deduplication_id, which consume returns', async () => {
    const queue = await client.newQueue();
    const ids = { message_group_id: 'grüppe', deduplication_id: 'd-1' };
    await client.publish(queue, 1, ids);
    expect(await client.take(queue)).toMatchObject(ids);
  });

  describe('delay', () => {
    test('a delayed message becomes available when its delay ends', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 'later', { delay_seconds: 10 });
      expect(await client.stats(queue)).toMatchObject({ delayed: 1, available: 0 });
      clock.advance(9_999);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(1);
      expect((await client.take(queue)).payload).toBe('later');
    });

    test('a delay is exact to the millisecond', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 1, { delay_seconds: 0.25 });
      clock.advance(249);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(1);
      await client.take(queue);
    });

    test('a delay of 0 or null does not delay the message', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 1, { delay_seconds: 0 });
      await client.publish(queue, 2, { delay_seconds: null });
      expect(await client.consume(queue)).toHaveLength(2);
    });

    test('a message can be delayed for a week', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 'far', { delay_seconds: 604_800 });
      clock.advance(604_799_000);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(1_000);
      await client.take(queue);
    });

    test('a delay that ends while the server is down is over after the start', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 1, { delay_seconds: 10 });
      await running.restart([], 11_000);
      await client.take(queue);
    });
  });

  describe('order', () => {
    const payloads = async (queue: string) =>
      (await client.consume(queue, { max_messages: 100 })).map(({ payload }) => payload);

    test('messages are delivered in publish order', async () => {
      const queue = await client.newQueue();
      const all = Array.from({ length: 20 }, (_, n) => n);
      for (const n of all) await client.publish(queue, n);
      expect(await payloads(queue)).toEqual(all);
    });

    test('a message whose delay has ended is delivered in publish order', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 'first', { delay_seconds: 1 });
      await client.publish(queue, 'second');
      clock.advance(1_001);
      expect(await payloads(queue)).toEqual(['first', 'second']);
    });

    test('a retried message keeps its position', async () => {
      const queue = await client.newQueue();
      for (const n of [1, 2, 3]) await client.publish(queue, n);
      const { message_id } = await client.take(queue);
      await client.nack(queue, message_id);
      expect(await payloads(queue)).toEqual([1, 2, 3]);
    });

    test('a queue with enable_priority delivers high priorities first, then in publish order', async () => {
      const queue = await client.newQueue({ enable_priority: true });
      for (const [n, priority] of [0, 9, 5, 9, 0].entries()) {
        await client.publish(queue, n, { priority });
      }
      await client.publish(queue, 5);
      expect(await payloads(queue)).toEqual([1, 3, 2, 0, 4, 5]);
    });

    test('a queue without enable_priority accepts a priority but does not order by it', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 1, { priority: 0 });
      await client.publish(queue, 2, { priority: 9 });
      expect(await payloads(queue)).toEqual([1, 2]);
    });

    test('a delivered message shows its priority', async () => {
      const queue = await client.newQueue({ enable_priority: true });
      await client.publish(queue, 1, { priority: 7 });
      expect((await client.take(queue)).priority).toBe(7);
    });
  });

  test('keeps messages and their order over a restart', async () => {
    const queue = await client.newQueue();
    const ids = [await client.publish(queue, { n: 1 }), await client.publish(queue, [2])];
    await running.restart();
    const messages = await client.consume(queue);
    expect(messages.map(({ message_id }) => message_id)).toEqual(ids);
    expect(messages.map(({ payload }) => payload)).toEqual([{ n: 1 }, [2]]);
  });
});

describe.each(STORE_FACTORIES)('a server with --auto-create on $name', (factory) => {
  const running = useServer(factory, ['--auto-create']);
  const { client } = running;

  test('does not make a queue again that is deleted while a consume waits', async () => {
    const queue = await client.newQueue({ max_retries: 7 });
    const waiting = client.post('consume', { queue, wait_seconds: 20 });
    await moment(100);
    dataOf(await running.call('DELETE', `/v1/queue/delete/${queue}`));
    errorOf(await waiting, 'QUEUE_NOT_FOUND');
    errorOf(await client.get(`get/${queue}`), 'QUEUE_NOT_FOUND');
  });

  test('creates an unknown queue with the defaults on publish and consume', async () => {
    await client.publish('made-by-publish', 1);
    expect(await client.consume('made-by-consume')).toEqual([]);
    for (const name of ['made-by-publish', 'made-by-consume']) {
      const record = dataOf(await client.get(`get/${name}`));
      expect(record).toMatchObject({ type: 'standard', max_retries: 3, enable_priority: false });
    }
    expect(await client.consume('made-by-publish')).toHaveLength(1);
  });

  test('creates an unknown queue on a long poll, which then gets a published message', async () => {
    const waiting = client.take('made-by-waiting', { wait_seconds: 20 });
    await client.publish('made-by-waiting', 'here');
    expect((await waiting).payload).toBe('here');
  });

  test('does not create a queue on ack, nack, extend, get or stats', async () => {
    errorOf(await client.ack('nowhere', 'm'), 'QUEUE_NOT_FOUND');
    errorOf(await client.nack('nowhere', 'm'), 'QUEUE_NOT_FOUND');
    errorOf(await client.extend('nowhere', 'm', 5), 'QUEUE_NOT_FOUND');
    errorOf(await client.get('get/nowhere'), 'QUEUE_NOT_FOUND');
    errorOf(await client.get('stats/nowhere'), 'QUEUE_NOT_FOUND');
  });

  test('does not create a queue on a refused publish', async () => {
    await client.post('publish', { queue: 'refused', payload: 1, priority: 10 });
    errorOf(await client.get('get/refused'), 'QUEUE_NOT_FOUND');
  });
});
