import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

const DAY_MS = 86_400_000;
const KEEPERS = ['built-in', 'named'] as const;

describe.each(STORE_FACTORIES)('redrive on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const source = async (keeper: (typeof KEEPERS)[number], settings = {}) => {
    const dlq = await client.newQueue();
    const named = keeper === 'named' ? { dead_letter_queue: dlq } : {};
    return { dlq, queue: await client.newQueue({ ...named, ...settings }) };
  };
  const redriven = async (queue: string, body = {}): Promise<number> => {
    const data = dataOf(await client.redrive(queue, body));
    expect(data).toEqual({ queue, redriven: expect.any(Number) });
    return data.redriven;
  };

  describe.each(KEEPERS)('of dead letters kept in a %s dead-letter queue', (keeper) => {
    test('moves all to the tail of their source in their old order, with exact stats at once', async () => {
      const { queue, dlq } = await source(keeper);
      await client.bury(queue, 1, 2, 3);
      await client.publishAll(queue, ['x', 'y']);
      expect(await redriven(queue)).toBe(3);
      expect(await client.stats(queue)).toMatchObject({ available: 5, dlq: 0 });
      expect(await client.stats(dlq)).toMatchObject({ available: 0, in_flight: 0, dlq: 0 });
      expect(await client.deadLetters(queue)).toEqual([]);
      expect(await client.payloads(queue)).toEqual(['x', 'y', 1, 2, 3]);
      expect(await redriven(queue)).toBe(0);
    });

    test('keeps the id, the payload bytes, the headers and enqueued_at', async () => {
      const { queue } = await source(keeper);
      const text = '{ "n":9007199254740993, "n":1.0 }';
      const body = `{"queue":"${queue}","payload":${text},"headers":{"a":"b"}}`;
      const { message_id } = dataOf(await client.post('publish', body));
      const enqueued_at = new Date(clock.nowMs()).toISOString();
      for (let round = 0; round < 3; round += 1) {
        clock.advance(1_000);
        await client.kill(queue);
        expect(await redriven(queue)).toBe(1);
        await running.restart();
      }
      const answer = await client.post('consume', { queue });
      expect(answer.text).toContain(`"payload":${text},`);
      const [message] = dataOf(answer).messages;
      expect(message).toMatchObject({ message_id, enqueued_at, headers: { a: 'b' } });
      for (const gone of ['source_queue', 'dead_lettered_at', 'dead_letter_reason']) {
        expect(message).not.toHaveProperty(gone);
      }
    });

    test('resets the retries, and exceeding them again makes a dead letter again', async () => {
      const { queue } = await source(keeper, { max_retries: 1 });
      const id = await client.publish(queue);
      for (let life = 0; life < 2; life += 1) {
        for (const requeued of [true, false]) {
          await client.take(queue);
          expect(dataOf(await client.nack(queue, id)).requeued).toBe(requeued);
        }
        expect((await client.stats(queue)).dlq).toBe(1);
        expect(await redriven(queue)).toBe(1);
      }
      expect(await client.stats(queue)).toMatchObject({ available: 1, dlq: 0 });
    });

    test('resets delivery_count and keeps the list of failed deliveries', async () => {
      const { queue } = await source(keeper, { max_retries: 1 });
      const id = await client.publish(queue);
      for (const delivery_count of [1, 2]) {
        expect((await client.take(queue)).delivery_count).toBe(delivery_count);
        dataOf(await client.nack(queue, id, { error: 'no' }));
      }
      expect(await redriven(queue)).toBe(1);
      expect((await client.take(queue)).delivery_count).toBe(1);
      const { delivery_count, failed_deliveries } = dataOf(await client.message(queue, id));
      expect(delivery_count).toBe(1);
      expect(failed_deliveries).toMatchObject([
        { how: 'nack', error: 'no' },
        { how: 'nack', error: 'no' },
      ]);
    });

    test('restarts the retention', async () => {
      const { queue } = await source(keeper, { message_retention_days: 2 });
      await client.bury(queue, 1);
      clock.advance(1.5 * DAY_MS);
      expect(await redriven(queue)).toBe(1);
      expect((await client.stats(queue)).oldest_age_seconds).toBe(0);
      clock.advance(1.5 * DAY_MS);
      await client.expectStats(queue, { available: 1 });
      clock.advance(DAY_MS);
      await client.expectStats(queue, { available: 0, dlq: 0 });
    });

    test('with a message_id moves only that message', async () => {
      const { queue } = await source(keeper);
      const [, message_id] = await client.bury(queue, 1, 2, 3);
      expect(await redriven(queue, { message_id })).toBe(1);
      expect(await redriven(queue, { message_id })).toBe(0);
      expect(await redriven(queue, { message_id: 'unknown' })).toBe(0);
      expect(await client.payloads(queue)).toEqual([2]);
      expect(await client.stats(queue)).toMatchObject({ in_flight: 1, dlq: 2 });
      // It is now leased and not a dead letter, so a redrive does not move it.
      expect(await redriven(queue, { message_id })).toBe(0);
    });

    test('with since, as ISO 8601 or milliseconds, moves messages that died then or later', async () => {
      const { queue } = await source(keeper);
      const times: number[] = [];
      for (const n of [1, 2, 3, 4]) {
        clock.advance(1_000);
        await client.bury(queue, n);
        times.push(clock.nowMs());
      }
      const [, second = 0, third = 0, fourth = 0] = times;
      expect(await redriven(queue, { since: fourth + 1 })).toBe(0);
      expect(await redriven(queue, { since: new Date(third).toISOString() })).toBe(2);
      expect(await client.payloads(queue)).toEqual([3, 4]);
      expect(await redriven(queue, { since: second })).toBe(1);
      expect(await redriven(queue, { since: 0 })).toBe(1);
      expect((await client.stats(queue)).dlq).toBe(0);
    });

    test('with max_messages moves the oldest first, also together with since', async () => {
      const { queue } = await source(keeper);
      await client.bury(queue, 1, 2, 3);
      clock.advance(1_000);
      await client.bury(queue, 4, 5, 6);
      const since = clock.nowMs();
      expect(await redriven(queue, { max_messages: 2 })).toBe(2);
      expect(await client.payloads(queue)).toEqual([1, 2]);
      expect(await redriven(queue, { max_messages: 2, since })).toBe(2);
      expect(await client.payloads(queue)).toEqual([4, 5]);
      expect(await redriven(queue, { max_messages: Number.MAX_SAFE_INTEGER })).toBe(2);
      expect(await client.payloads(queue)).toEqual([3, 6]);
    });

    test('moves more than a thousand in one call, in their old order', async () => {
      const { queue } = await source(keeper);
      const all = Array.from({ length: 1_500 }, (_, n) => n);
      await client.publishAll(queue, all);
      for (let left = 1_500; left > 0; left -= 1_000) await client.kill(queue);
      expect(await redriven(queue, { max_messages: 1_100 })).toBe(1_100);
      expect(await client.stats(queue)).toMatchObject({ available: 1_100, dlq: 400 });
      expect(await redriven(queue)).toBe(400);
      const got = [...(await client.payloads(queue)), ...(await client.payloads(queue))];
      expect(got).toEqual(all);
    });

    test('orders messages by their priority again in a queue with priorities', async () => {
      const { queue } = await source(keeper, { enable_priority: true });
      for (const [n, priority] of [1, 9].entries()) await client.publish(queue, n, { priority });
      await client.kill(queue);
      await client.publish(queue, 'middle', { priority: 5 });
      expect(await redriven(queue)).toBe(2);
      expect(await client.payloads(queue)).toEqual([1, 'middle', 0]);
    });
  });

  test.each([
    { message_id: 'm', since: 0 },
    { message_id: 'm', since: '2026-01-01T00:00:00.000Z', max_messages: 1 },
  ])('refuses message_id together with since: %o', async (body) => {
    const queue = await client.newQueue();
    const { details } = errorOf(await client.redrive(queue, body), 'INVALID_REQUEST');
    expect(['/message_id', '/since', '']).toContain(details[0].path);
  });

  test('treats a null since as absent beside a message_id', async () => {
    const queue = await client.newQueue();
    const [message_id] = await client.bury(queue, 1);
    expect(await redriven(queue, { message_id, since: null, max_messages: null })).toBe(1);
  });

  test('skips messages that a consumer of the dead-letter queue has leased', async () => {
    const { queue, dlq } = await source('named');
    const [held] = await client.bury(queue, 1, 2, 3);
    const { message_id, receipt } = await client.take(dlq);
    expect(message_id).toBe(held);
    expect(await redriven(queue, { message_id: held })).toBe(0);
    expect(await redriven(queue, { max_messages: 1 })).toBe(1);
    expect(await redriven(queue)).toBe(1);
    expect(await client.payloads(queue)).toEqual([2, 3]);
    expect((await client.stats(queue)).dlq).toBe(1);
    await client.extend(dlq, message_id, 0, { receipt });
    expect(await redriven(queue)).toBe(1);
    expect(await client.payloads(queue)).toEqual([1]);
  });

  test('moves messages that wait for a retry in the dead-letter queue', async () => {
    const { queue, dlq } = await source('named');
    const [id = ''] = await client.bury(queue, 1);
    await client.take(dlq);
    await client.nack(dlq, id, { delay_seconds: 60 });
    expect(await redriven(queue)).toBe(1);
    expect(await client.stats(dlq)).toMatchObject({ available: 0, delayed: 0, in_flight: 0 });
    expect(await client.payloads(queue)).toEqual([1]);
    clock.advance(61_000);
    expect(await client.consume(dlq)).toEqual([]);
  });

  test('makes receipts from before it invalid', async () => {
    const { queue, dlq } = await source('named');
    const id = await client.publish(queue);
    const first = await client.take(queue);
    await client.nack(queue, id, { requeue: false });
    const second = await client.take(dlq);
    await client.extend(dlq, id, 0);
    await redriven(queue);
    const third = await client.take(queue);
    for (const { receipt } of [first, second]) {
      errorOf(await client.ack(queue, id, { receipt }), 'LEASE_LOST');
    }
    expect(dataOf(await client.ack(dlq, id, { receipt: second.receipt })).acked).toBe(false);
    expect(dataOf(await client.ack(queue, id, { receipt: third.receipt })).acked).toBe(true);
  });

  test('wakes a long poll', async () => {
    const queue = await client.newQueue();
    await client.bury(queue, 1);
    const waiting = client.consume(queue, { wait_seconds: 20 });
    await redriven(queue);
    expect((await waiting).map(({ payload }) => payload)).toEqual([1]);
  });

  test('refuses a queue in the body that differs from the path', async () => {
    const queue = await client.newQueue();
    expectRefusedField(await client.redrive(queue, { queue: 'orders' }), 'queue');
    expect(await redriven(queue, { queue })).toBe(0);
  });
});
