import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, expectRefusedField } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('consume and extend on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const inSeconds = (seconds: number) => new Date(clock.nowMs() + seconds * 1_000).toISOString();
  const fill = async (queue: string, count: number) => {
    await Promise.all(Array.from({ length: count }, (_, n) => client.publish(queue, n)));
  };

  test('consume returns at most ten messages by default', async () => {
    const queue = await client.newQueue();
    await fill(queue, 12);
    expect(await client.consume(queue)).toHaveLength(10);
    expect(await client.consume(queue)).toHaveLength(2);
    expect(await client.consume(queue)).toEqual([]);
  });

  test('consume returns all available messages, up to max_messages', async () => {
    const queue = await client.newQueue();
    await fill(queue, 5);
    expect(await client.consume(queue, { max_messages: 3 })).toHaveLength(3);
    expect(await client.consume(queue, { max_messages: 1_000 })).toHaveLength(2);
  });

  test('consume treats null in an optional field as an absent field', async () => {
    const queue = await client.newQueue({ visibility_timeout_default: 7 });
    await client.publish(queue);
    const nulls = {
      max_messages: null,
      visibility_timeout: null,
      wait_seconds: null,
      idempotency_key: null,
    };
    const [message] = await client.consume(queue, nulls);
    expect(message.lease_expires_at).toBe(inSeconds(7));
  });

  test('a lease lasts for visibility_timeout_default of the queue', async () => {
    const queue = await client.newQueue({ visibility_timeout_default: 1.5 });
    await client.publish(queue);
    expect((await client.take(queue)).lease_expires_at).toBe(inSeconds(1.5));
    clock.advance(1_499);
    expect(await client.consume(queue)).toEqual([]);
    clock.advance(2);
    expect((await client.take(queue)).delivery_count).toBe(2);
  });

  test('a lease lasts for visibility_timeout of the call', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    const message = await client.take(queue, { visibility_timeout: 43_200 });
    expect(message.lease_expires_at).toBe(inSeconds(43_200));
    clock.advance(43_199_999);
    expect(await client.consume(queue)).toEqual([]);
    expect(dataOf(await client.ack(queue, message.message_id)).acked).toBe(true);
  });

  test('a message is leased to only one of several consumers at once', async () => {
    const queue = await client.newQueue();
    await fill(queue, 40);
    const batches = await Promise.all(
      Array.from({ length: 10 }, () => client.consume(queue, { max_messages: 4 })),
    );
    const ids = batches.flat().map(({ message_id }) => message_id);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  test('every delivery has a new receipt and increments delivery_count', async () => {
    const queue = await client.newQueue({ max_retries: 10 });
    const message_id = await client.publish(queue);
    const receipts = new Set<string>();
    for (const delivery_count of [1, 2, 3]) {
      const message = await client.take(queue);
      expect(message).toMatchObject({ message_id, delivery_count });
      receipts.add(message.receipt);
      await client.nack(queue, message_id);
    }
    expect(receipts.size).toBe(3);
  });

  test('each message of one consume has its own receipt', async () => {
    const queue = await client.newQueue();
    await fill(queue, 5);
    const messages = await client.consume(queue);
    expect(new Set(messages.map(({ receipt }) => receipt)).size).toBe(5);
    await client.ack(queue, messages[2].message_id, { receipt: messages[2].receipt });
    expect((await client.stats(queue)).in_flight).toBe(4);
  });

  test('an ack removes the message permanently', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    const { message_id, receipt } = await client.take(queue, { visibility_timeout: 5 });
    expect(dataOf(await client.ack(queue, message_id, { receipt }))).toEqual({
      message_id,
      acked: true,
    });
    clock.advance(10_000);
    expect(await client.consume(queue)).toEqual([]);
    expect(dataOf(await client.ack(queue, message_id)).acked).toBe(false);
  });

  test('a message can be settled only in its own queue', async () => {
    const [queue, other] = [await client.newQueue(), await client.newQueue()];
    await client.publish(queue);
    const { message_id, receipt } = await client.take(queue);
    expect(dataOf(await client.ack(other, message_id, { receipt })).acked).toBe(false);
    expect(dataOf(await client.nack(other, message_id, { receipt })).nacked).toBe(false);
    expect(dataOf(await client.extend(other, message_id, 0, { receipt })).extended).toBe(false);
    expect(await client.stats(queue)).toMatchObject({ in_flight: 1 });
  });

  test('leases survive a restart', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    const { message_id, receipt } = await client.take(queue, { visibility_timeout: 600 });
    await running.restart();
    expect(await client.consume(queue)).toEqual([]);
    expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(true);
  });

  describe('extend', () => {
    const leased = async (visibility_timeout = 10): Promise<Json> => {
      const queue = await client.newQueue();
      await client.publish(queue);
      return { ...(await client.take(queue, { visibility_timeout })), queue };
    };

    test('sets the end of the lease, counted from now', async () => {
      const { queue, message_id, receipt } = await leased(10);
      clock.advance(8_000);
      const extended = dataOf(await client.extend(queue, message_id, 20.5, { receipt }));
      expect(extended).toEqual({
        message_id,
        extended: true,
        lease_expires_at: inSeconds(20.5),
      });
      clock.advance(20_499);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(2);
      expect((await client.take(queue)).delivery_count).toBe(2);
    });

    test('can make a lease end earlier', async () => {
      const { queue, message_id } = await leased(600);
      dataOf(await client.extend(queue, message_id, 1));
      clock.advance(1_001);
      await client.take(queue);
    });

    test('with 0 releases the message at once, keeps its position and counts no failure', async () => {
      const queue = await client.newQueue({ max_retries: 0 });
      for (const n of [1, 2]) await client.publish(queue, n);
      for (let round = 1; round < 4; round += 1) {
        const { message_id, receipt, payload } = await client.take(queue);
        expect(payload).toBe(1);
        const back = dataOf(await client.extend(queue, message_id, 0, { receipt }));
        expect(back).toEqual({ message_id, extended: true });
      }
      expect(await client.stats(queue)).toMatchObject({ available: 2, in_flight: 0, dlq: 0 });
    });

    test('can extend a lease to 12 hours in all, and refuses more', async () => {
      const { queue, message_id, receipt } = await leased(43_200);
      clock.advance(3_600_000);
      const tooLong = await client.extend(queue, message_id, 39_600.001, { receipt });
      expectRefusedField(tooLong, 'visibility_timeout');
      expect(dataOf(await client.extend(queue, message_id, 39_600, { receipt })).extended).toBe(
        true,
      );
      clock.advance(39_599_999);
      expect(await client.consume(queue)).toEqual([]);
      expectRefusedField(await client.extend(queue, message_id, 1), 'visibility_timeout');
      expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(true);
    });

    test('keeps the receipt of the lease', async () => {
      const { queue, message_id, receipt } = await leased();
      for (const seconds of [20, 30]) {
        dataOf(await client.extend(queue, message_id, seconds, { receipt }));
      }
      expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(true);
    });
  });
});
