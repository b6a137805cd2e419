import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

const MIB = 1024 * 1024;

/** Where the dead letters of a queue are kept. */
const KEEPERS = ['built-in', 'named'] as const;

describe.each(STORE_FACTORIES)('dlq/list and dlq/purge on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const source = async (keeper: (typeof KEEPERS)[number], settings = {}) => {
    const dlq = await client.newQueue();
    const named = keeper === 'named' ? { dead_letter_queue: dlq } : {};
    return { dlq, queue: await client.newQueue({ ...named, ...settings }) };
  };
  const payloads = async (queue: string) =>
    (await client.deadLetters(queue)).map(({ payload }) => payload);

  test('dlq/list names the queue that keeps each dead letter and the queue it came from', async () => {
    const kept = await client.newQueue({ max_retries: 0 });
    const queues = [
      await client.newQueue({ dead_letter_queue: kept }),
      await client.newQueue({ dead_letter_queue: kept }),
    ];
    for (const queue of queues) await client.bury(queue, queue);
    for (const queue of queues) {
      expect(await client.deadLetters(queue)).toMatchObject([
        { payload: queue, queue: kept, source_queue: queue },
      ]);
    }
    // It has no dead letters of its own until one dies there.
    expect(await client.deadLetters(kept)).toEqual([]);
    const first = await client.take(kept);
    await client.nack(kept, first.message_id);
    expect(await client.deadLetters(kept)).toMatchObject([
      { payload: queues[0], queue: kept, source_queue: kept },
    ]);
    expect(await client.deadLetters(queues[0] as string)).toEqual([]);
  });

  describe.each(KEEPERS)('for dead letters kept in a %s dead-letter queue', (keeper) => {
    test('list shows each dead letter with all its fields, without receipt or lease', async () => {
      const { queue, dlq } = await source(keeper, { max_retries: 0 });
      const sent = { headers: { a: 'b' }, priority: 3 };
      const message_id = await client.publish(queue, { x: 1 }, sent);
      const enqueued_at = new Date(clock.nowMs()).toISOString();
      clock.advance(1_000);
      await client.take(queue);
      await client.nack(queue, message_id, { error: 'why' });
      const [letter, ...others] = await client.deadLetters(queue);
      expect(others).toEqual([]);
      expect(letter).toMatchObject({
        ...{ message_id, payload: { x: 1 }, ...sent, enqueued_at, delivery_count: 1 },
        dead_lettered_at: new Date(clock.nowMs()).toISOString(),
        ...{ dead_letter_reason: 'max_retries', last_error: 'why', source_queue: queue },
        queue: keeper === 'named' ? dlq : queue,
      });
      const where = letter?.queue as string;
      expect(dataOf(await client.get(`message/${where}/${message_id}`)).queue).toBe(where);
      expect(letter).not.toHaveProperty('receipt');
      expect(letter).not.toHaveProperty('lease_expires_at');
    });

    test('list shows the reason of each dead letter', async () => {
      const { queue } = await source(keeper, { max_retries: 0 });
      const ids = await client.publishAll(queue, ['max_retries', 'rejected', 'expired_lease']);
      await client.consume(queue, { visibility_timeout: 5 });
      await client.nack(queue, ids[0] ?? '');
      await client.nack(queue, ids[1] ?? '', { requeue: false });
      clock.advance(5_001);
      await client.expectStats(queue, { dlq: 3 });
      for (const letter of await client.deadLetters(queue)) {
        expect(letter.dead_letter_reason).toBe(letter.payload);
      }
    });

    test('purge removes all dead letters at once and permanently, and nothing else', async () => {
      const { queue, dlq } = await source(keeper);
      await client.bury(queue, 1, 2, 3);
      await client.publish(queue, 'alive');
      await client.publish(dlq, 'its own');
      expect(dataOf(await client.purgeDead(queue))).toEqual({ queue, purged: 3 });
      expect(await client.stats(queue)).toMatchObject({ available: 1, dlq: 0 });
      expect(await client.stats(dlq)).toMatchObject({ available: 1, in_flight: 0 });
      expect(await client.deadLetters(queue)).toEqual([]);
      expect(dataOf(await client.purgeDead(queue)).purged).toBe(0);
      expect(dataOf(await client.redrive(queue)).redriven).toBe(0);
      await running.restart();
      expect(await client.payloads(queue)).toEqual(['alive']);
      expect(await client.payloads(dlq)).toEqual(['its own']);
    });

    test('purge with a message_id removes only that dead letter', async () => {
      const { queue } = await source(keeper);
      const [, id] = await client.bury(queue, 1, 2, 3);
      expect(dataOf(await client.purgeDead(queue, { message_id: id })).purged).toBe(1);
      expect(await payloads(queue)).toEqual([1, 3]);
      expect((await client.stats(queue)).dlq).toBe(2);
      expect(dataOf(await client.purgeDead(queue, { message_id: id })).purged).toBe(0);
    });

    test('purge removes no message that is not a dead letter, even by its message_id', async () => {
      const { queue } = await source(keeper);
      const id = await client.publish(queue);
      expect(dataOf(await client.purgeDead(queue, { message_id: id })).purged).toBe(0);
      expect(dataOf(await client.purgeDead(queue, { message_id: 'unknown' })).purged).toBe(0);
      expect(dataOf(await client.purgeDead(queue)).purged).toBe(0);
      expect((await client.stats(queue)).available).toBe(1);
    });

    test('list answers at most 16 MiB, and the next page continues from there', async () => {
      const { queue } = await source(keeper);
      const large = 'x'.repeat(MIB - 2);
      for (const count of [9, 9]) await client.bury(queue, ...Array(count).fill(large));
      const answer = await client.get(`dlq/list/${queue}?limit=1000`);
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * MIB);
      const { items, next_cursor } = dataOf(answer);
      expect(items.length).toBeGreaterThanOrEqual(15);
      const cursor = encodeURIComponent(next_cursor);
      const rest = dataOf(await client.get(`dlq/list/${queue}?limit=1000&cursor=${cursor}`));
      const ids = [...items, ...rest.items].map(({ message_id }: Json) => message_id);
      expect(new Set(ids).size).toBe(18);
      expect(ids).toHaveLength(18);
    });

    test('list returns pages of 50 dead letters by default', async () => {
      const { queue } = await source(keeper);
      await client.bury(queue, ...Array.from({ length: 51 }, (_, n) => n));
      const page = dataOf(await client.get(`dlq/list/${queue}`));
      expect(page.items).toHaveLength(50);
      const whole = dataOf(await client.get(`dlq/list/${queue}?limit=51`));
      expect(whole.items).toHaveLength(51);
      expect(whole).not.toHaveProperty('next_cursor');
    });

    test('list shows the payload byte for byte', async () => {
      const { queue } = await source(keeper);
      const text = '{ "n":9007199254740993, "n":1.0,"u":"\\u0041" }';
      dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
      await client.kill(queue);
      expect((await client.get(`dlq/list/${queue}`)).text).toContain(`"payload":${text},`);
    });
  });

  test('dlq/list of a queue without dead letters is empty and has no cursor', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    expect(dataOf(await client.get(`dlq/list/${queue}`))).toEqual({ items: [] });
  });

  test('sources that share a dead-letter queue list, count and purge only their own dead letters', async () => {
    const dlq = await client.newQueue();
    const [a, b] = [
      await client.newQueue({ dead_letter_queue: dlq }),
      await client.newQueue({ dead_letter_queue: dlq }),
    ];
    await client.bury(a, 'a1', 'a2');
    await client.bury(b, 'b1');
    await client.publish(dlq, 'its own');
    expect(await payloads(a)).toEqual(['a1', 'a2']);
    expect(await payloads(b)).toEqual(['b1']);
    expect(await client.deadLetters(dlq)).toEqual([]);
    const [first] = await client.deadLetters(a);
    const theirs = await client.purgeDead(b, { message_id: first.message_id });
    expect(dataOf(theirs).purged).toBe(0);
    expect(dataOf(await client.purgeDead(a)).purged).toBe(2);
    expect((await client.stats(b)).dlq).toBe(1);
    expect((await client.stats(dlq)).available).toBe(2);
  });

  test('a dead letter that a consumer has leased is listed until it is acked', async () => {
    const { queue, dlq } = await source('named');
    await client.bury(queue, 1);
    const { message_id } = await client.take(dlq);
    expect(await payloads(queue)).toEqual([1]);
    await client.ack(dlq, message_id);
    expect(await payloads(queue)).toEqual([]);
  });

  test('a dead letter that died again belongs to the queue it last came from', async () => {
    const last = await client.newQueue();
    const middle = await client.newQueue({ dead_letter_queue: last });
    const first = await client.newQueue({ dead_letter_queue: middle });
    await client.bury(first, 'traveller');
    await client.kill(middle);
    expect(await payloads(first)).toEqual([]);
    expect(await payloads(middle)).toEqual(['traveller']);
    expect(dataOf(await client.redrive(first)).redriven).toBe(0);
    expect(dataOf(await client.redrive(middle)).redriven).toBe(1);
    expect(await client.payloads(middle)).toEqual(['traveller']);
  });

  test('dlq/list and dlq/purge refuse an unknown queue, and dlq/purge a queue in the body that differs', async () => {
    errorOf(await client.get('dlq/list/nowhere'), 'QUEUE_NOT_FOUND');
    errorOf(await client.purgeDead('nowhere'), 'QUEUE_NOT_FOUND');
    expectRefusedField(await client.purgeDead('q', { queue: 'r' }), 'queue');
  });
});
