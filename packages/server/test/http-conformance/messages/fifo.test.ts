import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';

const WINDOW_MS = 300_000;

describe.each(STORE_FACTORIES)('FIFO queues on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const newFifo = (settings: object = {}) => client.newQueue({ type: 'fifo', ...settings });
  const send = (queue: string, payload: string, more: object = {}) =>
    client.publish(queue, payload, { message_group_id: payload[0], ...more });
  const pathsOf = ({ details }: Json): string[] => details.map(({ path }: Json) => path);

  describe('settings', () => {
    test('a queue created with the type fifo shows it in create, get and list', async () => {
      const answer = await client.post('create', { name: 'ledger', type: 'fifo', max_retries: 7 });
      const record = dataOf(answer);
      expect(record).toMatchObject({
        ...{ queue: 'ledger', type: 'fifo', max_retries: 7, enable_priority: false },
      });
      expect(dataOf(await client.get('get/ledger'))).toEqual(record);
      expect(dataOf(await client.get('list?prefix=ledger')).items).toEqual([record]);
      expect(dataOf(await client.post('create', { name: 'ledger', type: 'fifo' }))).toEqual(record);
      errorOf(await client.post('create', { name: 'ledger', type: 'standard' }), 'QUEUE_EXISTS');
    });

    test('enable_priority is refused when the queue is created', async () => {
      const body = { name: 'ranked-fifo', type: 'fifo', enable_priority: true };
      const answer = await client.post('create', body);
      expect(pathsOf(errorOf(answer, 'INVALID_REQUEST'))).toEqual(['/enable_priority']);
      errorOf(await client.get('get/ranked-fifo'), 'QUEUE_NOT_FOUND');
      dataOf(await client.post('create', { ...body, enable_priority: false }));
      errorOf(await client.post('create', body), 'QUEUE_EXISTS');
    });

    test('enable_priority is refused when the queue is updated', async () => {
      const queue = await newFifo();
      const answer = await client.update(queue, { enable_priority: true, max_retries: 1 });
      expect(pathsOf(errorOf(answer, 'INVALID_REQUEST'))).toEqual(['/enable_priority']);
      const settings = { enable_priority: false, max_retries: 1 };
      expect(dataOf(await client.update(queue, settings))).toMatchObject(settings);
    });

    test('the type of a queue cannot be changed', async () => {
      const fifo = await client.update(await newFifo(), { type: 'standard' });
      expect(pathsOf(errorOf(fifo, 'INVALID_REQUEST'))).toEqual(['/type']);
      const standard = await client.update(await client.newQueue(), { type: 'fifo' });
      expect(pathsOf(errorOf(standard, 'INVALID_REQUEST'))).toEqual(['/type']);
      dataOf(await client.update(await newFifo(), { type: 'fifo' }));
    });
  });

  describe('publish', () => {
    test.each([
      [{ priority: 1 }, '/priority'],
      [{ delay_seconds: 0.001 }, '/delay_seconds'],
      [{ priority: 9, delay_seconds: 5 }, '/priority'],
    ])('%o is refused, alone and in a batch', async (fields, path) => {
      const queue = await newFifo();
      const alone = await client.post('publish', { queue, payload: 1, ...fields });
      expect(pathsOf(errorOf(alone, 'INVALID_REQUEST'))).toEqual([path]);
      const messages = [{ payload: 1 }, { payload: 2, ...fields }, { payload: 3, priority: 4 }];
      const batch = await client.post('publish_batch', { queue, messages });
      expect(pathsOf(errorOf(batch, 'INVALID_REQUEST'))).toEqual([`/messages/1${path}`]);
      expect(await client.stats(queue)).toMatchObject({ available: 0, delayed: 0 });
    });

    test('a priority of 0 and a delay of 0 are accepted', async () => {
      const queue = await newFifo();
      const zeros = { priority: 0, delay_seconds: 0 };
      await client.publish(queue, 'a', zeros);
      const messages = [{ payload: 'b', ...zeros }];
      dataOf(await client.post('publish_batch', { queue, messages }));
      expect(await client.payloads(queue)).toEqual(['a', 'b']);
    });

    test('an unknown queue is reported before an invalid priority', async () => {
      const body = { queue: 'no-such-queue', payload: 1, priority: 5 };
      errorOf(await client.post('publish', body), 'QUEUE_NOT_FOUND');
    });
  });

  describe('message groups', () => {
    test('are blocked by their own leased message, but not by other message groups', async () => {
      const queue = await newFifo();
      for (const name of ['a1', 'a2', 'b1', 'a3']) await send(queue, name);
      const a1 = await client.take(queue);
      expect(a1).toMatchObject({ payload: 'a1', message_group_id: 'a' });
      expect(await client.payloads(queue)).toEqual(['b1']);
      expect(await client.stats(queue)).toMatchObject({ available: 2, in_flight: 2, delayed: 0 });
      dataOf(await client.ack(queue, a1.message_id, { receipt: a1.receipt }));
      expect(await client.payloads(queue)).toEqual(['a2', 'a3']);
    });

    test('include one for all messages without a message_group_id', async () => {
      const queue = await newFifo();
      await client.publishAll(queue, [1, 2]);
      expect(await client.take(queue)).not.toHaveProperty('message_group_id');
      expect(await client.payloads(queue)).toEqual([]);
    });

    test('are shown by peek in publish order, with a reason for messages behind a head', async () => {
      const queue = await newFifo();
      for (const name of ['a1', 'b1', 'a2']) await send(queue, name);
      const peek = async (query = ''): Promise<Json[]> =>
        dataOf(await client.peek(queue, query)).items;
      const reason = 'behind the head of its group';
      const seen = await peek('state=available');
      expect(seen.map(({ payload, state }) => [payload, state])).toEqual([
        ['a1', 'available'],
        ['b1', 'available'],
        ['a2', 'available'],
      ]);
      expect(seen[0]).not.toHaveProperty('state_reason');
      expect(seen[1]).not.toHaveProperty('state_reason');
      expect(seen[2].state_reason).toBe(reason);
      const a2 = seen[2].message_id;
      expect(dataOf(await client.message(queue, a2))).toMatchObject({ state_reason: reason });
      await client.consume(queue, { max_messages: 10 });
      const [leased] = await peek('state=leased');
      expect(leased.state_reason).toMatch(/^leased until /);
    });

    test('lose the leases behind a nacked message, whose receipts answer LEASE_LOST', async () => {
      const queue = await newFifo();
      for (const name of ['a1', 'a2', 'b1']) await send(queue, name);
      const [a1, a2, b1] = await client.consume(queue);
      const [first, second] = [a1, a2].map(({ message_id }) => message_id);
      const how = { receipt: a1.receipt, delay_seconds: 5 };
      expect(dataOf(await client.nack(queue, first, how))).toMatchObject({ requeued: true });
      errorOf(await client.ack(queue, second, { receipt: a2.receipt }), 'LEASE_LOST');
      expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 1, delayed: 1 });
      dataOf(await client.ack(queue, b1.message_id, { receipt: b1.receipt }));
      expect(await client.payloads(queue)).toEqual([]);
      clock.advance(5_000);
      await client.expectStats(queue, { available: 2, delayed: 0 });
      expect(await client.payloads(queue)).toEqual(['a1', 'a2']);
      const { failed_deliveries } = dataOf(await client.message(queue, second));
      expect(failed_deliveries).toEqual([]);
    });

    test('count a failure only for their first message in a nack_batch', async () => {
      const queue = await newFifo({ max_retries: 0 });
      for (const name of ['a1', 'a2', 'a3']) await send(queue, name);
      const messages = (await client.consume(queue))
        .reverse()
        .map(({ message_id, receipt }) => ({ message_id, receipt }));
      const { results } = dataOf(await client.post('nack_batch', { queue, messages }));
      expect(results.map(({ nacked, requeued }: Json) => [nacked, requeued])).toEqual([
        [true, true],
        [true, true],
        [true, false],
      ]);
      expect((await client.deadLetters(queue)).map(({ payload }) => payload)).toEqual(['a1']);
      expect(await client.payloads(queue)).toEqual(['a2', 'a3']);
    });

    test('count one failure when several leases expire together', async () => {
      const queue = await newFifo({ max_retries: 0 });
      for (const name of ['a1', 'a2', 'a3']) await send(queue, name);
      await client.consume(queue, { visibility_timeout: 2 });
      clock.advance(2_000);
      await client.expectStats(queue, { available: 2, in_flight: 0, dlq: 1 });
      expect(await client.payloads(queue)).toEqual(['a2', 'a3']);
    });

    test('get redriven messages at their tail', async () => {
      const queue = await newFifo();
      await send(queue, 'a1');
      await client.kill(queue);
      await send(queue, 'a2');
      expect(dataOf(await client.redrive(queue))).toMatchObject({ redriven: 1 });
      expect(await client.payloads(queue)).toEqual(['a2', 'a1']);
    });

    test('end a long poll when they become free', async () => {
      const queue = await newFifo();
      for (const name of ['a1', 'a2']) await send(queue, name);
      const { message_id, receipt } = await client.take(queue);
      const waiting = client.consume(queue, { wait_seconds: 20 });
      await send(queue, 'a3');
      dataOf(await client.ack(queue, message_id, { receipt }));
      expect((await waiting).map(({ payload }) => payload)).toEqual(['a2', 'a3']);
    });

    test('keep their order and stay blocked over a restart', async () => {
      const queue = await newFifo();
      for (const name of ['a1', 'b1', 'a2', 'b2']) await send(queue, name);
      const { message_id, receipt } = await client.take(queue, { visibility_timeout: 3_600 });
      await running.restart();
      expect(await client.payloads(queue)).toEqual(['b1', 'b2']);
      dataOf(await client.ack(queue, message_id, { receipt }));
      expect(await client.payloads(queue)).toEqual(['a2']);
    });
  });

  describe('deduplication', () => {
    test('applies to a deduplication_id for five minutes, across message groups', async () => {
      const queue = await newFifo();
      const first = await send(queue, 'a1', { deduplication_id: 'd' });
      expect(await send(queue, 'b1', { deduplication_id: 'd' })).toBe(first);
      const [message] = await client.consume(queue);
      expect(message).toMatchObject({ payload: 'a1', deduplication_id: 'd' });
      dataOf(await client.ack(queue, first, { receipt: message.receipt }));
      clock.advance(WINDOW_MS - 1);
      expect(await send(queue, 'a2', { deduplication_id: 'd' })).toBe(first);
      expect(await client.stats(queue)).toMatchObject({ available: 0 });
      clock.advance(1);
      expect(await send(queue, 'a3', { deduplication_id: 'd' })).not.toBe(first);
    });

    test('applies within a batch and across batches', async () => {
      const queue = await newFifo();
      const messages = ['x', 'y', 'x'].map((deduplication_id) => ({
        payload: 1,
        deduplication_id,
      }));
      const publish = () => client.post('publish_batch', { queue, messages });
      const { message_ids } = dataOf(await publish());
      expect(message_ids[2]).toBe(message_ids[0]);
      expect(dataOf(await publish())).toEqual({ message_ids });
      expect(await client.stats(queue)).toMatchObject({ available: 2 });
    });

    test.each(['body', 'header'])(
      'applies to the idempotency key of a publish in the %s',
      async (where) => {
        const queue = await newFifo();
        const publish = (payload: string, key: string) =>
          where === 'body'
            ? client.post('publish', { queue, payload, idempotency_key: key })
            : client.post('publish', { queue, payload }, { headers: { 'idempotency-key': key } });
        const first = dataOf(await publish('a', 'k')).message_id;
        // The same request is replayed, a different one refused, and the key acts as a deduplication_id.
        expect(replayOf(await publish('a', 'k')).message_id).toBe(first);
        errorOf(await publish('b', 'k'), 'IDEMPOTENCY_KEY_REUSED');
        const named = { queue, payload: 'c', deduplication_id: 'k' };
        expect(dataOf(await client.post('publish', named)).message_id).toBe(first);
        expect(await client.payloads(queue)).toEqual(['a']);
      },
    );

    test('does not use an idempotency key that is sent with a deduplication_id', async () => {
      const queue = await newFifo();
      const body = { queue, payload: 1, deduplication_id: 'd', idempotency_key: 'k' };
      const first = dataOf(await client.post('publish', body)).message_id;
      const other = { queue, payload: 1, deduplication_id: 'k' };
      expect(dataOf(await client.post('publish', other)).message_id).not.toBe(first);
    });

    test('does not apply to standard queues', async () => {
      const queue = await client.newQueue();
      const ids = [1, 2].map(() => client.publish(queue, 1, { deduplication_id: 'd' }));
      expect(new Set(await Promise.all(ids)).size).toBe(2);
    });
  });
});
