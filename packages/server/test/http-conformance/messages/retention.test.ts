import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const HOUR_MS = 3_600_000;
const EMPTY = { available: 0, in_flight: 0, delayed: 0, dlq: 0 };

describe.each(STORE_FACTORIES)('retention on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const newQueue = (settings = {}) => client.newQueue({ message_retention_days: 1, ...settings });

  test('keeps a message for message_retention_days of the queue, and then removes it', async () => {
    const queue = await newQueue();
    await client.publish(queue);
    clock.advance(24 * HOUR_MS - 1_000);
    await client.expectStats(queue, { ...EMPTY, available: 1 });
    clock.advance(HOUR_MS);
    expect(await client.consume(queue)).toEqual([]);
    await client.expectStats(queue, EMPTY);
  });

  test('starts when the message first becomes available, so a delay does not use it up', async () => {
    const queue = await newQueue();
    await client.publish(queue, 1, { delay_seconds: 3 * 86_400 });
    clock.advance(3 * 24 * HOUR_MS + 23 * HOUR_MS);
    await client.expectStats(queue, { ...EMPTY, available: 1 });
    clock.advance(2 * HOUR_MS);
    expect(await client.consume(queue)).toEqual([]);
  });

  test('ends soon also for a message that was delayed after its first delivery', async () => {
    const queue = await newQueue();
    // While it is delayed, all queues are looked at.
    clock.advance(10 * HOUR_MS);
    const id = await client.publish(queue);
    await client.take(queue);
    await client.nack(queue, id, { delay_seconds: 23.5 * 3_600 });
    for (let quarters = 1; quarters <= 26 * 4; quarters += 1) {
      clock.advance(HOUR_MS / 4);
      await client.stats(queue);
    }
    await client.expectStats(queue, EMPTY);
  });

  test('does not restart with a retry', async () => {
    const queue = await newQueue();
    const id = await client.publish(queue);
    clock.advance(23 * HOUR_MS);
    await client.take(queue);
    await client.nack(queue, id);
    clock.advance(2 * HOUR_MS);
    expect(await client.consume(queue)).toEqual([]);
    await client.expectStats(queue, EMPTY);
  });

  test('never removes a leased message', async () => {
    const queue = await newQueue();
    const id = await client.publish(queue);
    clock.advance(23 * HOUR_MS);
    const { receipt } = await client.take(queue, { visibility_timeout: 43_200 });
    clock.advance(5 * HOUR_MS);
    await client.expectStats(queue, { ...EMPTY, in_flight: 1 });
    expect(dataOf(await client.ack(queue, id, { receipt })).acked).toBe(true);
  });

  test('restarts in the dead-letter queue', async () => {
    const dlq = await newQueue();
    const queue = await newQueue({ dead_letter_queue: dlq });
    const id = await client.publish(queue);
    clock.advance(20 * HOUR_MS);
    await client.take(queue);
    await client.nack(queue, id, { requeue: false });
    clock.advance(20 * HOUR_MS);
    await client.expectStats(dlq, { ...EMPTY, available: 1 });
    clock.advance(5 * HOUR_MS);
    expect(await client.consume(dlq)).toEqual([]);
    await client.expectStats(dlq, EMPTY);
    await client.expectStats(queue, EMPTY);
  });

  test('also removes dead letters that stay in their queue, counted from their death', async () => {
    const queue = await newQueue();
    const id = await client.publish(queue);
    clock.advance(20 * HOUR_MS);
    await client.take(queue);
    await client.nack(queue, id, { requeue: false });
    clock.advance(20 * HOUR_MS);
    await client.expectStats(queue, { ...EMPTY, dlq: 1 });
    clock.advance(5 * HOUR_MS);
    await client.expectStats(queue, EMPTY);
  });

  test('makes a removed message unknown, so late answers have no effect', async () => {
    const queue = await newQueue();
    const id = await client.publish(queue);
    const { receipt } = await client.take(queue);
    await client.nack(queue, id);
    clock.advance(25 * HOUR_MS);
    await client.expectStats(queue, EMPTY);
    for (const given of [{}, { receipt }, { receipt: 'another' }]) {
      expect(dataOf(await client.ack(queue, id, given)).acked).toBe(false);
      expect(dataOf(await client.nack(queue, id, given)).nacked).toBe(false);
      expect(dataOf(await client.extend(queue, id, 60, given)).extended).toBe(false);
    }
  });
});
