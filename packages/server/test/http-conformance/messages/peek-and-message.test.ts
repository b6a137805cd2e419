import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

const MIB = 1024 * 1024;

describe.each(STORE_FACTORIES)('peek and message on $name', (factory) => {
  const { client, clock } = useManager(factory);
  const peek = async (queue: string, query = ''): Promise<Json[]> =>
    dataOf(await client.peek(queue, query)).items;
  const inSeconds = (s: number) => new Date(clock.nowMs() + s * 1_000).toISOString();
  const mixed = async () => {
    const queue = await client.newQueue();
    await client.publishAll(queue, ['leased', 'a', 'b']);
    await client.publish(queue, 'later', { delay_seconds: 60 });
    return { queue, leased: await client.take(queue, { visibility_timeout: 10 }) };
  };

  describe('peek', () => {
    test('shows every message with its state, and leases nothing', async () => {
      const { queue } = await mixed();
      const before = await client.stats(queue);
      const seen = await peek(queue);
      expect(seen.map(({ payload, state }) => `${payload} ${state}`).sort()).toEqual([
        'a available',
        'b available',
        'later delayed',
        'leased leased',
      ]);
      expect(await client.stats(queue)).toEqual(before);
      const [first] = await client.consume(queue);
      expect(first).toMatchObject({ payload: 'a', delivery_count: 1 });
    });

    test.each([
      ['available', ['a', 'b']],
      ['delayed', ['later']],
      ['leased', ['leased']],
    ])('with state=%s shows only messages in that state', async (state, payloads) => {
      const { queue } = await mixed();
      const seen = await peek(queue, `state=${state}`);
      expect(seen.map(({ payload }) => payload)).toEqual(payloads);
      for (const item of seen) expect(item.state).toBe(state);
    });

    test('shows until when a message is delayed or leased', async () => {
      const { queue } = await mixed();
      const [leased] = await peek(queue, 'state=leased');
      const [delayed] = await peek(queue, 'state=delayed');
      const [available] = await peek(queue, 'state=available');
      expect(leased.state_reason).toContain(inSeconds(10));
      expect(delayed.state_reason).toContain(inSeconds(60));
      expect(available).not.toHaveProperty('state_reason');
    });

    test('shows a message with all its fields except the receipt and the lease', async () => {
      const queue = await client.newQueue({ enable_priority: true });
      const sent = { headers: { a: 'b' }, priority: 3, message_group_id: 'g' };
      const message_id = await client.publish(queue, { x: 1 }, sent);
      const { receipt } = await client.take(queue);
      await client.nack(queue, message_id, { error: 'why' });
      await client.take(queue);
      const [item] = await peek(queue);
      expect(item).toMatchObject({
        ...{ message_id, queue, payload: { x: 1 }, ...sent, delivery_count: 2, last_error: 'why' },
        ...{ state: 'leased', enqueued_at: expect.any(String) },
      });
      expect(item).not.toHaveProperty('receipt');
      expect(item).not.toHaveProperty('lease_expires_at');
      expect(JSON.stringify(item)).not.toContain(receipt);
    });

    test('shows dead letters in a named dead-letter queue, but not in the built-in one', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue();
      await client.bury(queue, 'built-in');
      expect(await peek(queue)).toEqual([]);
      await client.update(queue, { dead_letter_queue: dlq });
      await client.bury(queue, 'named');
      const [item, ...others] = await peek(dlq);
      expect(others).toEqual([]);
      expect(item).toMatchObject({ payload: 'named', state: 'available', source_queue: queue });
    });

    test('shows available messages in their order of delivery', async () => {
      const queue = await client.newQueue({ enable_priority: true });
      for (const [n, priority] of [0, 9, 5, 9].entries())
        await client.publish(queue, n, { priority });
      const seen = await peek(queue, 'state=available');
      expect(seen.map(({ payload }) => payload)).toEqual([1, 3, 2, 0]);
      expect(await client.payloads(queue)).toEqual([1, 3, 2, 0]);
    });

    test('shows the payload byte for byte', async () => {
      const queue = await client.newQueue();
      const text = '{ "n":9007199254740993, "n":1.0,"u":"\\u0041" }';
      dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
      expect((await client.peek(queue)).text).toContain(`"payload":${text},`);
      const [{ message_id }] = (await peek(queue)) as [Json];
      expect((await client.message(queue, message_id)).text).toContain(`"payload":${text},`);
    });

    test('ends a page at 16 MiB, and continues on the next page', async () => {
      const queue = await client.newQueue();
      const payload = 'x'.repeat(MIB - 2);
      for (const count of [10, 8]) await client.publishAll(queue, Array(count).fill(payload));
      const answer = await client.peek(queue, 'limit=1000');
      const { items, next_cursor } = dataOf(answer);
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * MIB);
      expect(items.length).toBeGreaterThanOrEqual(15);
      const rest = await peek(queue, `limit=1000&cursor=${encodeURIComponent(next_cursor)}`);
      expect(items.length + rest.length).toBe(18);
    });

    test('returns pages of 50 messages by default', async () => {
      const queue = await client.newQueue();
      await client.publishAll(queue, Array(51).fill(1));
      const page = dataOf(await client.peek(queue));
      expect(page.items).toHaveLength(50);
      expect(page.next_cursor).toEqual(expect.any(String));
      const all = dataOf(await client.peek(queue, 'limit=51'));
      expect(all.items).toHaveLength(51);
      expect(all).not.toHaveProperty('next_cursor');
    });

    test('refuses a cursor that no page returned', async () => {
      const queue = await client.newQueue();
      for (const cursor of ['%21', 'a%20b', 'bm9uc2Vuc2U', '=', '%F0%9F%98%80']) {
        expectRefusedField(await client.peek(queue, `cursor=${cursor}`), 'cursor', cursor);
        const letters = await client.get(`dlq/list/${queue}?cursor=${cursor}`);
        expectRefusedField(letters, 'cursor', cursor);
      }
    });
  });

  describe('message', () => {
    const look = async (queue: string, id: string): Promise<Json> =>
      dataOf(await client.message(queue, id));

    test('shows a message in each of its states', async () => {
      const queue = await client.newQueue({ max_retries: 1 });
      const id = await client.publish(queue, 'x', { delay_seconds: 5 });
      expect(await look(queue, id)).toMatchObject({ state: 'delayed', payload: 'x', queue });
      clock.advance(5_001);
      await client.expectStats(queue, { available: 1 });
      const shown = await look(queue, id);
      expect(shown).toMatchObject({ state: 'available', failed_deliveries: [], delivery_count: 0 });
      await client.take(queue);
      expect(await look(queue, id)).toMatchObject({ state: 'leased', delivery_count: 1 });
      expect(await look(queue, id)).not.toHaveProperty('receipt');
      await client.nack(queue, id, { requeue: false });
      expect(await look(queue, id)).toMatchObject({
        state: 'dead',
        dead_letter_reason: 'rejected',
      });
    });

    test('lists the failed deliveries with time, cause, error and key', async () => {
      const queue = await client.newQueue({ max_retries: 5 });
      const id = await client.publish(queue);
      const key = dataOf(await client.post('../account/keys/create', { scopes: ['consume'] }));
      const consumer = client.with({ key: key.key });
      await consumer.take(queue);
      const nackedAt = inSeconds(0);
      await consumer.nack(queue, id, { error: 'first' });
      clock.advance(1_000);
      await consumer.take(queue, { visibility_timeout: 5 });
      clock.advance(5_001);
      await client.expectStats(queue, { available: 1 });
      await consumer.take(queue);
      await consumer.nack(queue, id, { requeue: false });
      const { failed_deliveries } = await look(queue, id);
      const key_id = key.key_id;
      expect(failed_deliveries).toEqual([
        { at: nackedAt, how: 'nack', error: 'first', key_id },
        { at: expect.any(String), how: 'expired_lease', key_id },
        { at: inSeconds(0), how: 'rejected', key_id },
      ]);
    });

    test('does not list a release by extend with 0 as a failed delivery', async () => {
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      await client.take(queue);
      await client.extend(queue, id, 0);
      expect((await look(queue, id)).failed_deliveries).toEqual([]);
    });

    test('still lists the failed deliveries after a move to a dead-letter queue', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue({ dead_letter_queue: dlq });
      const id = await client.publish(queue);
      await client.kill(queue, 1, 'bad');
      const seen = await look(dlq, id);
      expect(seen).toMatchObject({ state: 'available', source_queue: queue });
      expect(seen.failed_deliveries).toMatchObject([{ how: 'rejected', error: 'bad' }]);
    });

    test('answers MESSAGE_NOT_FOUND if the message is acked, purged, unknown or in another queue', async () => {
      const [queue, other] = [await client.newQueue(), await client.newQueue()];
      const [acked = '', purged = ''] = await client.publishAll(queue, [1, 2]);
      errorOf(await client.message(other, acked), 'MESSAGE_NOT_FOUND');
      await client.take(queue);
      await client.ack(queue, acked);
      errorOf(await client.message(queue, acked), 'MESSAGE_NOT_FOUND');
      await client.purge(queue);
      errorOf(await client.message(queue, purged), 'MESSAGE_NOT_FOUND');
      for (const odd of ['m', '%F0%9F%98%80', '__proto__', '%00', '%27', 'x'.repeat(256)]) {
        errorOf(await client.message(queue, odd), 'MESSAGE_NOT_FOUND', odd);
      }
    });
  });
});
