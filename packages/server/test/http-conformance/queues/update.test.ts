import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

const HOUR_MS = 3_600_000;

describe.each(STORE_FACTORIES)('update on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const record = async (queue: string): Promise<Json> => dataOf(await client.get(`get/${queue}`));

  test.each([
    { max_expired_leases: 0 },
    { max_expired_leases: 100_000 },
    { message_retention_days: 30 },
    { visibility_timeout_default: 1.5 },
    { visibility_timeout_default: 43_200 },
    { enable_priority: true },
  ])('changes %o and nothing else', async (settings) => {
    const queue = await client.newQueue();
    const before = await record(queue);
    clock.advance(1_000);
    const updated_at = new Date(clock.nowMs()).toISOString();
    const expected = { ...before, ...settings, updated_at };
    expect(dataOf(await client.update(queue, settings))).toEqual(expected);
    expect(await record(queue)).toEqual(expected);
    const listed = dataOf(await client.get(`list?prefix=${queue}`)).items[0];
    expect(listed).toEqual(expected);
  });

  test.each([0, 3, 1_000])('of max_retries to %i changes max_expired_leases too', async (max) => {
    const queue = await client.newQueue();
    const before = await record(queue);
    clock.advance(1_000);
    const updated_at = new Date(clock.nowMs()).toISOString();
    const expected = { ...before, max_retries: max, max_expired_leases: max, updated_at };
    expect(dataOf(await client.update(queue, { max_retries: max }))).toEqual(expected);
    expect(await record(queue)).toEqual(expected);
  });

  test('of max_expired_leases to null restores 1,000, or max_retries if it was set', async () => {
    const plain = await client.newQueue({ max_expired_leases: 7 });
    expect(await record(plain)).toMatchObject({ max_retries: 3, max_expired_leases: 7 });
    const cleared = dataOf(await client.update(plain, { max_expired_leases: null }));
    expect(cleared).toMatchObject({ max_retries: 3, max_expired_leases: 1_000 });
    const bounded = await client.newQueue({ max_retries: 5, max_expired_leases: 7 });
    const follows = dataOf(await client.update(bounded, { max_expired_leases: null }));
    expect(follows).toMatchObject({ max_retries: 5, max_expired_leases: 5 });
    await running.restart();
    expect(await record(plain)).toEqual(cleared);
    expect(await record(bounded)).toEqual(follows);
  });

  test.each(['-1', '100001', '1.5', '"5"', 'true', '[]'])(
    'refuses max_expired_leases %s, as create does, and changes nothing',
    async (value) => {
      const queue = await client.newQueue();
      const before = await record(queue);
      const fields = `{"name":"not-made","max_expired_leases":${value}}`;
      expectRefusedField(await client.post('create', fields), 'max_expired_leases');
      errorOf(await client.get('get/not-made'), 'QUEUE_NOT_FOUND');
      const given = `{"max_expired_leases":${value}}`;
      const answer = await running.call('PATCH', `/v1/queue/update/${queue}`, given);
      expectRefusedField(answer, 'max_expired_leases');
      expect(await record(queue)).toEqual(before);
    },
  );

  test('without changes answers the unchanged record', async () => {
    const queue = await client.newQueue({ max_retries: 5 });
    const before = await record(queue);
    clock.advance(1_000);
    for (const body of [undefined, {}, { queue }, { max_retries: null }, { name: 'x', foo: 1 }]) {
      expect(dataOf(await client.update(queue, body))).toEqual(before);
    }
    expect(dataOf(await client.update(queue, { max_retries: 5, type: 'standard' }))).toEqual(
      before,
    );
  });

  test('is kept over a restart', async () => {
    const queue = await client.newQueue();
    const changed = dataOf(await client.update(queue, { max_retries: 8, enable_priority: true }));
    await running.restart();
    expect(await record(queue)).toEqual(changed);
  });

  test('is refused for a different type and then changes nothing', async () => {
    const queue = await client.newQueue();
    const before = await record(queue);
    expectRefusedField(await client.update(queue, { type: 'fifo', max_retries: 9 }), 'type');
    expect(await record(queue)).toEqual(before);
  });

  test('changes the settings that a later create is compared with', async () => {
    const name = await client.newQueue({ max_retries: 2 });
    await client.update(name, { max_retries: 4 });
    errorOf(await client.post('create', { name, max_retries: 2 }), 'QUEUE_EXISTS');
    dataOf(await client.post('create', { name, max_retries: 4 }));
  });

  test('of an unknown queue answers QUEUE_NOT_FOUND and creates none', async () => {
    errorOf(await client.update('nowhere', { max_retries: 1 }), 'QUEUE_NOT_FOUND');
    errorOf(await client.get('get/nowhere'), 'QUEUE_NOT_FOUND');
  });

  describe("takes effect at each message's next event", () => {
    test('for fewer retries, at the next failure', async () => {
      const queue = await client.newQueue({ max_retries: 3 });
      const [id = ''] = await client.publishAll(queue, [1]);
      await client.take(queue);
      await client.nack(queue, id);
      await client.take(queue);
      await client.update(queue, { max_retries: 0 });
      expect(await client.stats(queue)).toMatchObject({ in_flight: 1, dlq: 0 });
      expect(dataOf(await client.nack(queue, id)).requeued).toBe(false);
    });

    test('for more retries, at the next failure', async () => {
      const queue = await client.newQueue({ max_retries: 0 });
      const [id = ''] = await client.publishAll(queue, [1]);
      await client.take(queue);
      await client.update(queue, { max_retries: 1 });
      expect(dataOf(await client.nack(queue, id)).requeued).toBe(true);
      await client.take(queue);
      expect(dataOf(await client.nack(queue, id)).requeued).toBe(false);
    });

    test('for fewer retries, also when a lease expires', async () => {
      const queue = await client.newQueue({ max_retries: 3 });
      await client.publish(queue);
      await client.take(queue, { visibility_timeout: 5 });
      await client.update(queue, { max_retries: 0 });
      clock.advance(5_001);
      await client.expectStats(queue, { available: 0, in_flight: 0, dlq: 1 });
    });

    test('for another lease time, at the next consume', async () => {
      const queue = await client.newQueue({ visibility_timeout_default: 10 });
      await client.publishAll(queue, [1, 2]);
      const first = await client.take(queue);
      await client.update(queue, { visibility_timeout_default: 100 });
      const second = await client.take(queue);
      const inSeconds = (s: number) => new Date(clock.nowMs() + s * 1_000).toISOString();
      expect(first.lease_expires_at).toBe(inSeconds(10));
      expect(second.lease_expires_at).toBe(inSeconds(100));
      clock.advance(10_001);
      await client.expectStats(queue, { available: 1, in_flight: 1 });
    });

    test('for a shorter retention, at the next sweep', async () => {
      const queue = await client.newQueue({ message_retention_days: 3 });
      await client.publish(queue);
      clock.advance(30 * HOUR_MS);
      await client.expectStats(queue, { available: 1 });
      await client.update(queue, { message_retention_days: 1 });
      clock.advance(HOUR_MS);
      expect(await client.consume(queue)).toEqual([]);
      await client.expectStats(queue, { available: 0 });
    });

    test('for a longer retention, before the message would have been removed', async () => {
      const queue = await client.newQueue({ message_retention_days: 1 });
      await client.publish(queue);
      clock.advance(23 * HOUR_MS);
      await client.update(queue, { message_retention_days: 2 });
      clock.advance(20 * HOUR_MS);
      expect(await client.stats(queue)).toMatchObject({ available: 1 });
      expect(await client.consume(queue)).toHaveLength(1);
    });

    test('for a dead-letter queue, at the next dead letter', async () => {
      const queue = await client.newQueue();
      const dlq = await client.newQueue();
      const [early = ''] = await client.bury(queue, 'early');
      await client.update(queue, { dead_letter_queue: dlq });
      // Existing dead letters stay where they are.
      expect(await client.stats(dlq)).toMatchObject({ available: 0 });
      const [late = ''] = await client.bury(queue, 'late');
      expect(await client.stats(dlq)).toMatchObject({ available: 1 });
      expect((await client.stats(queue)).dlq).toBe(2);
      const ids = (await client.deadLetters(queue)).map(({ message_id }) => message_id);
      expect(ids.sort()).toEqual([early, late].sort());
      expect(dataOf(await client.redrive(queue)).redriven).toBe(2);
      expect((await client.payloads(queue)).sort()).toEqual(['early', 'late']);
      expect((await client.stats(dlq)).available).toBe(0);
    });

    test('for a dead-letter queue of null, at the next dead letter, and earlier ones can still be redriven', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue({ dead_letter_queue: dlq });
      await client.bury(queue, 'kept there');
      const detached = dataOf(await client.update(queue, { dead_letter_queue: null }));
      expect(detached).not.toHaveProperty('dead_letter_queue');
      await client.bury(queue, 'kept here');
      expect(await client.stats(dlq)).toMatchObject({ available: 1 });
      expect((await client.stats(queue)).dlq).toBe(2);
      expect(dataOf(await client.redrive(queue)).redriven).toBe(2);
    });
  });
});
