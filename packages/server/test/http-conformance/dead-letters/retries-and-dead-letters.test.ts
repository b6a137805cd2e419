import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const LEASE_SECONDS = 10;

describe.each(STORE_FACTORIES)('retries and dead letters on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const nack = async (queue: string, id: string, more = {}): Promise<Json> =>
    dataOf(await client.nack(queue, id, more));
  const deliverAndExpire = async (queue: string): Promise<void> => {
    await client.take(queue, { visibility_timeout: LEASE_SECONDS });
    clock.advance(LEASE_SECONDS * 1_000 + 1);
  };
  const newQueueWithDlq = async (settings = {}) => {
    const dlq = await client.newQueue();
    return { dlq, queue: await client.newQueue({ dead_letter_queue: dlq, ...settings }) };
  };

  describe.each([0, 1, 3])('with max_retries %d', (max_retries) => {
    test('the nack after the last retry makes a dead letter', async () => {
      const queue = await client.newQueue({ max_retries });
      const id = await client.publish(queue);
      for (let failure = 1; failure <= max_retries; failure += 1) {
        expect((await client.take(queue)).delivery_count).toBe(failure);
        expect(await nack(queue, id)).toEqual({ message_id: id, nacked: true, requeued: true });
      }
      await client.take(queue);
      expect(await nack(queue, id)).toEqual({ message_id: id, nacked: true, requeued: false });
      expect(await client.consume(queue)).toEqual([]);
      expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 0, dlq: 1 });
    });

    test('an expired lease counts like a nack', async () => {
      const queue = await client.newQueue({ max_retries });
      await client.publish(queue);
      for (let failure = 0; failure <= max_retries; failure += 1) await deliverAndExpire(queue);
      expect(await client.consume(queue)).toEqual([]);
      await client.expectStats(queue, { available: 0, in_flight: 0, dlq: 1 });
    });
  });

  test('nacks and expired leases are counted separately, and a released message counts as neither', async () => {
    const queue = await client.newQueue({ max_retries: 1, max_expired_leases: 2 });
    const id = await client.publish(queue);
    await client.take(queue);
    await nack(queue, id);
    for (let round = 0; round < 5; round += 1) {
      await client.take(queue);
      dataOf(await client.extend(queue, id, 0));
    }
    for (let round = 0; round < 2; round += 1) await deliverAndExpire(queue);
    await client.take(queue);
    expect((await nack(queue, id)).requeued).toBe(false);
    const { items } = dataOf(await client.get(`dlq/list/${queue}`));
    expect(items).toMatchObject([{ dead_letter_reason: 'max_retries' }]);
  });

  test('a message whose leases expire often does not die by default', async () => {
    const queue = await client.newQueue();
    const id = await client.publish(queue);
    for (let round = 0; round < 6; round += 1) await deliverAndExpire(queue);
    expect(await client.take(queue)).toMatchObject({ message_id: id, delivery_count: 7 });
    expect(dataOf(await client.ack(queue, id)).acked).toBe(true);
    expect(await client.stats(queue)).toMatchObject({ available: 0, dlq: 0 });
  });

  test('an extended lease expires only once', async () => {
    const queue = await client.newQueue({ max_retries: 1 });
    const id = await client.publish(queue);
    await client.take(queue, { visibility_timeout: 5 });
    for (let round = 0; round < 5; round += 1) {
      clock.advance(4_000);
      dataOf(await client.extend(queue, id, 5));
    }
    clock.advance(5_001);
    expect((await client.take(queue)).delivery_count).toBe(2);
  });

  test('several messages fail independently', async () => {
    const queue = await client.newQueue({ max_retries: 0 });
    for (let n = 0; n < 30; n += 1) await client.publish(queue, n);
    const messages = await client.consume(queue, { max_messages: 30, visibility_timeout: 5 });
    for (const { message_id } of messages.slice(0, 10)) await client.ack(queue, message_id);
    clock.advance(5_001);
    await client.expectStats(queue, { available: 0, in_flight: 0, dlq: 20 });
  });

  describe('nack', () => {
    test('delays the retry by delay_seconds, to the millisecond', async () => {
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      await client.take(queue);
      expect((await nack(queue, id, { delay_seconds: 1.5 })).requeued).toBe(true);
      expect(await client.stats(queue)).toMatchObject({ delayed: 1, available: 0, in_flight: 0 });
      clock.advance(1_499);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(1);
      expect((await client.take(queue)).message_id).toBe(id);
    });

    test('keeps its error as last_error in the next delivery and in the dead letter', async () => {
      const { queue, dlq } = await newQueueWithDlq({ max_retries: 1 });
      const id = await client.publish(queue);
      expect(await client.take(queue)).not.toHaveProperty('last_error');
      await nack(queue, id, { error: 'first "fault"\n\u0000 ☃ 😀' });
      expect((await client.take(queue)).last_error).toBe('first "fault"\n\u0000 ☃ 😀');
      await nack(queue, id, { error: 'second' });
      expect((await client.take(dlq)).last_error).toBe('second');
    });

    test('with requeue:false makes a dead letter at once, whatever retries are left', async () => {
      const { queue, dlq } = await newQueueWithDlq({ max_retries: 1_000 });
      const id = await client.publish(queue);
      await client.take(queue);
      const rejected = { message_id: id, nacked: true, requeued: false };
      expect(await nack(queue, id, { requeue: false, delay_seconds: 60 })).toEqual(rejected);
      const letter = await client.take(dlq);
      expect(letter).toMatchObject({ message_id: id, dead_letter_reason: 'rejected' });
    });

    test('with requeue:true or requeue:null retries the message', async () => {
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      for (const requeue of [true, null]) {
        await client.take(queue);
        expect((await nack(queue, id, { requeue })).requeued).toBe(true);
      }
    });
  });

  describe('with a dead-letter queue', () => {
    test('a dead letter moves there and becomes an ordinary message with its history', async () => {
      const { queue, dlq } = await newQueueWithDlq({ max_retries: 0, enable_priority: true });
      const sent = { headers: { 'x-trace': 't' }, priority: 5 };
      const message_id = await client.publish(queue, { order: 1 }, sent);
      clock.advance(1_000);
      await client.take(queue);
      await nack(queue, message_id, { error: 'no' });
      const died = new Date(clock.nowMs()).toISOString();
      expect(await client.take(dlq)).toMatchObject({
        message_id,
        queue: dlq,
        payload: { order: 1 },
        headers: sent.headers,
        source_queue: queue,
        dead_lettered_at: died,
        dead_letter_reason: 'max_retries',
        last_error: 'no',
        receipt: expect.any(String),
      });
    });

    test('a message dead through an expired lease has the reason expired_lease', async () => {
      const { queue, dlq } = await newQueueWithDlq({ max_retries: 0 });
      await client.publish(queue);
      await deliverAndExpire(queue);
      const letter = await client.take(dlq);
      expect(letter.dead_letter_reason).toBe('expired_lease');
    });

    test('a dead letter counts in stats.dlq of its source queue until it is acked', async () => {
      const { queue, dlq } = await newQueueWithDlq();
      const id = await client.publish(queue);
      await client.take(queue);
      await nack(queue, id, { requeue: false });
      const empty = { available: 0, in_flight: 0, delayed: 0 };
      expect(await client.stats(queue)).toMatchObject({ ...empty, dlq: 1 });
      expect(await client.stats(dlq)).toMatchObject({ ...empty, available: 1, dlq: 0 });
      await client.take(dlq);
      expect((await client.stats(queue)).dlq).toBe(1);
      expect(dataOf(await client.ack(dlq, id)).acked).toBe(true);
      expect((await client.stats(queue)).dlq).toBe(0);
      expect((await client.stats(dlq)).in_flight).toBe(0);
    });

    test('a dead letter is retried by the settings of the dead-letter queue', async () => {
      const dlq = await client.newQueue({ max_retries: 1 });
      const queue = await client.newQueue({ max_retries: 3, dead_letter_queue: dlq });
      const id = await client.publish(queue);
      await client.take(queue);
      await nack(queue, id, { requeue: false });
      for (const requeued of [true, false]) {
        await client.take(dlq);
        expect((await nack(dlq, id)).requeued).toBe(requeued);
      }
      expect((await client.stats(dlq)).dlq).toBe(1);
    });

    test('a dead letter that dies again moves on, and its source_queue is the last queue', async () => {
      const last = await client.newQueue();
      const middle = await client.newQueue({ dead_letter_queue: last });
      const first = await client.newQueue({ dead_letter_queue: middle });
      const id = await client.publish(first, 'traveller');
      await client.take(first);
      await nack(first, id, { requeue: false });
      expect((await client.take(middle)).source_queue).toBe(first);
      await nack(middle, id, { requeue: false });
      const letter = await client.take(last);
      expect(letter).toMatchObject({
        message_id: id,
        payload: 'traveller',
        source_queue: middle,
      });
      expect((await client.stats(middle)).dlq).toBe(1);
      expect((await client.stats(first)).dlq).toBe(0);
    });

    test('dead letters of several queues each keep their source_queue', async () => {
      const dlq = await client.newQueue();
      const sources = [
        await client.newQueue({ dead_letter_queue: dlq }),
        await client.newQueue({ dead_letter_queue: dlq }),
      ];
      for (const queue of sources) {
        const id = await client.publish(queue, queue);
        await client.take(queue);
        await nack(queue, id, { requeue: false });
      }
      const letters = await client.consume(dlq);
      expect(letters.map(({ source_queue }) => source_queue)).toEqual(sources);
      for (const queue of sources) expect((await client.stats(queue)).dlq).toBe(1);
    });
  });

  test('dead letters without a dead-letter queue stay in their queue, counted but never delivered', async () => {
    const queue = await client.newQueue();
    const id = await client.publish(queue);
    await client.take(queue);
    await nack(queue, id, { requeue: false });
    await running.restart();
    expect(await client.consume(queue)).toEqual([]);
    expect(await client.stats(queue)).toMatchObject({ available: 0, dlq: 1 });
    expect(await client.stats(queue)).not.toHaveProperty('oldest_age_seconds');
  });
});
