import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('queues on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const create = (fields: object) => client.post('create', fields);

  describe('create and get', () => {
    test('create gives a queue the defaults of the contract', async () => {
      const now = new Date(clock.nowMs()).toISOString();
      expect(dataOf(await create({ name: 'plain' }))).toEqual({
        queue: 'plain',
        type: 'standard',
        max_retries: 3,
        max_expired_leases: 1_000,
        message_retention_days: 7,
        visibility_timeout_default: 30,
        enable_priority: false,
        created_at: now,
        updated_at: now,
      });
    });

    test('create gives a queue the given settings, which get shows', async () => {
      const dead_letter_queue = await client.newQueue();
      const settings = {
        dead_letter_queue,
        max_retries: 0,
        max_expired_leases: 100_000,
        message_retention_days: 30,
        visibility_timeout_default: 1.5,
        enable_priority: true,
        type: 'standard',
      };
      const made = dataOf(await create({ name: 'full', ...settings }));
      expect(made).toMatchObject({ queue: 'full', ...settings });
      expect(dataOf(await client.get('get/full'))).toEqual(made);
    });

    test('create compares only the given settings with an existing queue', async () => {
      const made = dataOf(await create({ name: 'kept', max_retries: 5, enable_priority: true }));
      clock.advance(1_000);
      expect(dataOf(await create({ name: 'kept' }))).toEqual(made);
      expect(dataOf(await create({ name: 'kept', max_retries: 5 }))).toEqual(made);
      expect(dataOf(await create({ name: 'kept', visibility_timeout_default: 30 }))).toEqual(made);
      expect(dataOf(await create({ name: 'kept', max_retries: null }))).toEqual(made);
    });

    test.each([
      { max_retries: 4 },
      { max_expired_leases: 3 },
      { message_retention_days: 8 },
      { visibility_timeout_default: 30.5 },
      { enable_priority: true },
    ])(
      'create with the differing setting %o is refused as QUEUE_EXISTS and changes nothing',
      async (differing) => {
        const name = await client.newQueue();
        const before = dataOf(await client.get(`get/${name}`));
        errorOf(await create({ name, ...differing }), 'QUEUE_EXISTS');
        expect(dataOf(await client.get(`get/${name}`))).toEqual(before);
      },
    );

    test('create with another dead-letter queue is refused as QUEUE_EXISTS', async () => {
      const [one, two] = [await client.newQueue(), await client.newQueue()];
      const name = await client.newQueue({ dead_letter_queue: one });
      errorOf(await create({ name, dead_letter_queue: two }), 'QUEUE_EXISTS');
      dataOf(await create({ name, dead_letter_queue: one }));
      dataOf(await create({ name, dead_letter_queue: null }));
    });

    test('create refuses a dead-letter queue that does not exist or is the queue itself', async () => {
      const missing = await create({ name: 'has-no-dlq', dead_letter_queue: 'nowhere' });
      errorOf(missing, 'DEAD_LETTER_QUEUE_NOT_FOUND');
      errorOf(await create({ name: 'own-dlq', dead_letter_queue: 'own-dlq' }), 'DEAD_LETTER_CYCLE');
      errorOf(await client.get('get/has-no-dlq'), 'QUEUE_NOT_FOUND');
      errorOf(await client.get('get/own-dlq'), 'QUEUE_NOT_FOUND');
    });

    test.each(['a', 'A', '...', '-', '_', '0', 'a.b-c_D', 'x'.repeat(128)])(
      'create accepts the name %s',
      async (name) => {
        expect(dataOf(await create({ name })).queue).toBe(name);
        expect(dataOf(await client.get(`get/${name}`)).queue).toBe(name);
      },
    );

    test('names of queues are case-sensitive', async () => {
      dataOf(await create({ name: 'Case', max_retries: 1 }));
      dataOf(await create({ name: 'case', max_retries: 2 }));
      expect(dataOf(await client.get('get/Case')).max_retries).toBe(1);
    });

    test('ten simultaneous creates make one queue', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => create({ name: 'at-once', max_retries: 2 })),
      );
      const records = answers.map((answer) => JSON.stringify(dataOf(answer)));
      expect(new Set(records).size).toBe(1);
    });

    test('create ignores unknown fields, whatever their names', async () => {
      const body =
        '{"name":"extras","vendor":"x","__proto__":{"max_retries":9},"constructor":1,"toString":null,"region":{"a":[1]}}';
      const answer = await running.call('POST', '/v1/queue/create', body);
      expect(dataOf(answer).max_retries).toBe(3);
    });

    test('queues survive a restart', async () => {
      const made = dataOf(await create({ name: 'lasting', max_retries: 9 }));
      await running.restart();
      expect(dataOf(await client.get('get/lasting'))).toEqual(made);
    });
  });

  describe('list', () => {
    const names = (page: Json): string[] => page.items.map(({ queue }: Json) => queue);
    const make = async (...all: string[]) => {
      for (const name of all) dataOf(await create({ name }));
    };

    test('shows queues in the order of their names', async () => {
      await make('l1-c', 'l1-a', 'l1-b');
      expect(names(dataOf(await client.get('list?prefix=l1-')))).toEqual(['l1-a', 'l1-b', 'l1-c']);
    });

    test('continues on the next page, and the last page has no cursor', async () => {
      await make('l2-a', 'l2-b', 'l2-c', 'l2-d');
      const first = dataOf(await client.get('list?prefix=l2-&limit=2'));
      expect(names(first)).toEqual(['l2-a', 'l2-b']);
      const cursor = encodeURIComponent(first.next_cursor);
      const second = dataOf(await client.get(`list?prefix=l2-&limit=2&cursor=${cursor}`));
      expect(names(second)).toEqual(['l2-c', 'l2-d']);
      expect(second).not.toHaveProperty('next_cursor');
    });

    test('continues at its cursor after queues were created in between', async () => {
      await make('l3-b', 'l3-d', 'l3-f');
      const first = dataOf(await client.get('list?prefix=l3-&limit=2'));
      await make('l3-a', 'l3-c', 'l3-e');
      const cursor = encodeURIComponent(first.next_cursor);
      const second = dataOf(await client.get(`list?prefix=l3-&limit=2&cursor=${cursor}`));
      expect(names(second)).toEqual(['l3-e', 'l3-f']);
    });

    test('returns pages of 50 queues by default', async () => {
      await make(...Array.from({ length: 51 }, (_, n) => `l4-${String(n).padStart(2, '0')}`));
      const page = dataOf(await client.get('list?prefix=l4-'));
      expect(page.items).toHaveLength(50);
      expect(page.next_cursor).toEqual(expect.any(String));
      expect(dataOf(await client.get('list?prefix=l4-&limit=51')).items).toHaveLength(51);
    });

    test('matches a prefix literally, without wildcards', async () => {
      await make('l5_a', 'l5xb', 'L5_c');
      expect(names(dataOf(await client.get('list?prefix=l5_')))).toEqual(['l5_a']);
      for (const odd of ['%25', '*', '%27', '%5C', '%C3%A9', '%F0%9F%98%80', 'l5%5B_%5D']) {
        expect(dataOf(await client.get(`list?prefix=${odd}`)), odd).toEqual({ items: [] });
      }
      expect(dataOf(await client.get('list?prefix=&limit=1000')).items.length).toBeGreaterThan(50);
    });

    test('adds the stats of each queue with include=stats', async () => {
      await make('l6-a', 'l6-b');
      await client.publish('l6-a');
      const { items } = dataOf(await client.get('list?prefix=l6-&include=stats'));
      expect(items[0].stats).toEqual(await client.stats('l6-a'));
      expect(items[0].stats.available).toBe(1);
      expect(items[1].stats).toEqual(await client.stats('l6-b'));
      const plain = dataOf(await client.get('list?prefix=l6-'));
      expect(plain.items[0]).not.toHaveProperty('stats');
    });

    test('refuses a cursor that no page returned', async () => {
      for (const cursor of ['%21%21%21', '%00', 'a%20b', '=', '%F0%9F%98%80']) {
        expectRefusedField(await client.get(`list?cursor=${cursor}`), 'cursor', cursor);
      }
    });
  });

  describe('stats', () => {
    test('count every message in exactly one state', async () => {
      const queue = await client.newQueue({ max_retries: 0 });
      for (let n = 0; n < 5; n += 1) await client.publish(queue, n);
      await client.publish(queue, 'later', { delay_seconds: 60 });
      await client.take(queue);
      const dead = await client.take(queue);
      await client.nack(queue, dead.message_id);
      const counts = { queue, available: 3, in_flight: 1, delayed: 1, dlq: 1 };
      expect(await client.stats(queue)).toMatchObject(counts);
    });

    test('show the age of the oldest message that is available or leased', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 'first');
      clock.advance(10_000);
      await client.publish(queue, 'second');
      clock.advance(500);
      expect((await client.stats(queue)).oldest_age_seconds).toBe(10.5);
      const { message_id } = await client.take(queue, { visibility_timeout: 600 });
      expect((await client.stats(queue)).oldest_age_seconds).toBe(10.5);
      await client.ack(queue, message_id);
      expect((await client.stats(queue)).oldest_age_seconds).toBe(0.5);
    });

    test('count the age since the message first became available, even after a retry', async () => {
      const queue = await client.newQueue();
      await client.publish(queue, 1, { delay_seconds: 5 });
      expect(await client.stats(queue)).not.toHaveProperty('oldest_age_seconds');
      clock.advance(8_000);
      await client.expectStats(queue, { available: 1, oldest_age_seconds: 3 });
      const { message_id } = await client.take(queue);
      await client.nack(queue, message_id);
      clock.advance(1_000);
      expect((await client.stats(queue)).oldest_age_seconds).toBe(4);
    });

    test('show expired leases as available even if nobody consumes', async () => {
      const queue = await client.newQueue();
      await client.publish(queue);
      await client.take(queue, { visibility_timeout: 5 });
      clock.advance(5_001);
      await client.expectStats(queue, { available: 1, in_flight: 0 });
    });
  });
});
