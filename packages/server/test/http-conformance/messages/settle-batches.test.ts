import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

describe.each(STORE_FACTORIES)('ack_batch and nack_batch on $name', (factory) => {
  const { client, clock } = useManager(factory);
  const settle = async (call: 'ack_batch' | 'nack_batch', queue: string, messages: unknown[]) => {
    const data = dataOf(await client.post(call, { queue, messages }));
    expect(Object.keys(data)).toEqual(['results']);
    return data.results as Json[];
  };
  const leaseLost = { code: 'LEASE_LOST', message: expect.stringMatching(/\S/) };
  const leased = async (count: number, settings = {}) => {
    const queue = await client.newQueue(settings);
    await client.publishAll(
      queue,
      Array.from({ length: count }, (_, n) => n),
    );
    return { queue, messages: await client.consume(queue, { max_messages: count }) };
  };

  test('ack_batch answers each entry separately, in order', async () => {
    const { queue, messages } = await leased(4);
    const [a, b, c, d] = messages;
    await client.nack(queue, b.message_id);
    await client.ack(queue, c.message_id);
    const results = await settle('ack_batch', queue, [
      { message_id: d.message_id },
      { message_id: b.message_id, receipt: b.receipt },
      { message_id: 'unknown' },
      { message_id: c.message_id, receipt: c.receipt },
      { message_id: a.message_id, receipt: a.receipt },
    ]);
    expect(results).toEqual([
      { message_id: d.message_id, acked: true },
      { message_id: b.message_id, acked: false, error: expect.objectContaining(leaseLost) },
      { message_id: 'unknown', acked: false },
      { message_id: c.message_id, acked: false },
      { message_id: a.message_id, acked: true },
    ]);
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
  });

  test.each(['ack_batch', 'nack_batch'] as const)(
    '%s with one entry answers 200 with the error of that entry if its lease was lost',
    async (call) => {
      const { queue, messages } = await leased(1);
      const [{ message_id, receipt }] = messages as [Json];
      await client.extend(queue, message_id, 0);
      await client.consume(queue);
      const [result] = await settle(call, queue, [{ message_id, receipt }]);
      expect(result).toMatchObject({ message_id, error: leaseLost });
    },
  );

  test('nack_batch answers each entry separately, in order, and applies its own fields', async () => {
    const { queue, messages } = await leased(5, { max_retries: 1 });
    const [a, b, c, d, e] = messages;
    await client.extend(queue, d.message_id, 0);
    const results = await settle('nack_batch', queue, [
      { message_id: a.message_id, receipt: a.receipt, error: 'why' },
      { message_id: b.message_id, delay_seconds: 5 },
      { message_id: c.message_id, requeue: false },
      { message_id: d.message_id, receipt: d.receipt },
      { message_id: 'unknown', requeue: false },
      { message_id: e.message_id, receipt: `${e.receipt}x` },
    ]);
    const nothing = { nacked: false, requeued: false };
    const error = expect.objectContaining(leaseLost);
    expect(results).toEqual([
      { message_id: a.message_id, nacked: true, requeued: true },
      { message_id: b.message_id, nacked: true, requeued: true },
      { message_id: c.message_id, nacked: true, requeued: false },
      { message_id: d.message_id, ...nothing, error },
      { message_id: 'unknown', ...nothing },
      { message_id: e.message_id, ...nothing, error },
    ]);
    const counts = { available: 2, delayed: 1, in_flight: 1, dlq: 1 };
    expect(await client.stats(queue)).toMatchObject(counts);
    expect((await client.take(queue)).last_error).toBe('why');
  });

  test('all receipts are checked before any entry is applied', async () => {
    const { queue, messages } = await leased(2);
    const [a, b] = messages;
    await client.nack(queue, a.message_id);
    const again = await client.take(queue);
    expect(again.message_id).toBe(a.message_id);
    // If the first entry were applied first, the message of the second would be unknown.
    const acked = await settle('ack_batch', queue, [
      { message_id: a.message_id, receipt: again.receipt },
      { message_id: a.message_id, receipt: a.receipt },
    ]);
    expect(acked[0].acked).toBe(true);
    expect(acked[1]).toMatchObject({ acked: false, error: leaseLost });
    // Here the second entry would name an earlier delivery.
    const nacked = await settle('nack_batch', queue, [
      { message_id: b.message_id },
      { message_id: b.message_id, receipt: b.receipt },
    ]);
    expect(nacked[0].nacked).toBe(true);
    expect(nacked[1]).not.toHaveProperty('error');
  });

  test('a message that is nacked several times in one batch fails once', async () => {
    const { queue, messages } = await leased(1, { max_retries: 1 });
    const [{ message_id, receipt }] = messages as [Json];
    const entry = { message_id, receipt };
    await settle('nack_batch', queue, [entry, entry, entry]);
    expect(await client.stats(queue)).toMatchObject({ available: 1, dlq: 0 });
  });

  test('empty batches are answered with empty lists', async () => {
    const queue = await client.newQueue();
    expect(await settle('ack_batch', queue, [])).toEqual([]);
    expect(await settle('nack_batch', queue, [])).toEqual([]);
  });

  test('a malformed entry fails the whole call, and no entry is settled', async () => {
    const { queue, messages } = await leased(2);
    const entries = messages.map(({ message_id, receipt }) => ({ message_id, receipt }));
    for (const call of ['ack_batch', 'nack_batch']) {
      const body = { queue, messages: [...entries, { message_id: 5 }] };
      expectRefusedField(await client.post(call, body), 'messages/2/message_id');
    }
    expect((await client.stats(queue)).in_flight).toBe(2);
  });

  test('messages whose leases expired can be acked, but not nacked', async () => {
    const { queue, messages } = await leased(2);
    const [a, b] = messages;
    clock.advance(30_001);
    await client.expectStats(queue, { available: 2, in_flight: 0 });
    const nacked = await settle('nack_batch', queue, [
      { message_id: a.message_id, receipt: a.receipt },
      { message_id: b.message_id },
    ]);
    expect(nacked[0]).toMatchObject({ nacked: false, requeued: false, error: leaseLost });
    expect(nacked[1]).toEqual({ message_id: b.message_id, nacked: false, requeued: false });
    const acked = await settle('ack_batch', queue, [
      { message_id: a.message_id, receipt: a.receipt },
      { message_id: b.message_id },
    ]);
    expect(acked.map((result) => result.acked)).toEqual([true, true]);
  });

  test('a thousand messages are settled in one call', async () => {
    const { queue, messages } = await leased(1_000, { max_retries: 0 });
    const entries = messages.map(({ message_id, receipt }) => ({ message_id, receipt }));
    const half = entries.slice(0, 500);
    for (const result of await settle('ack_batch', queue, half)) expect(result.acked).toBe(true);
    for (const result of await settle('nack_batch', queue, entries.slice(500))) {
      expect(result).toMatchObject({ nacked: true, requeued: false });
    }
    expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 0, dlq: 500 });
  });

  test('a message can be settled only in its own queue', async () => {
    const { queue, messages } = await leased(1);
    const [{ message_id, receipt }] = messages as [Json];
    const other = await client.newQueue();
    const entries = [{ message_id, receipt }];
    expect((await settle('ack_batch', other, entries))[0].acked).toBe(false);
    expect((await settle('nack_batch', other, entries))[0].nacked).toBe(false);
    expect((await client.stats(queue)).in_flight).toBe(1);
  });

  test('an unknown queue fails the whole call', async () => {
    const messages = [{ message_id: 'm' }];
    errorOf(await client.post('ack_batch', { queue: 'nowhere', messages }), 'QUEUE_NOT_FOUND');
  });
});
