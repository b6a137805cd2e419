import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';

const NOTHING = { available: 0, in_flight: 0, delayed: 0, dlq: 0 };

describe.each(STORE_FACTORIES)('delete and purge on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  /** A queue with two available messages, a delayed one, a leased one and a dead letter. */
  const filled = async (settings = {}) => {
    const queue = await client.newQueue(settings);
    await client.bury(queue, 'dead');
    await client.publishAll(queue, ['leased', 1, 2]);
    await client.publish(queue, 'later', { delay_seconds: 60 });
    const leased = await client.take(queue);
    const counts = { available: 2, in_flight: 1, delayed: 1, dlq: 1 };
    expect(await client.stats(queue)).toMatchObject(counts);
    return { queue, leased };
  };

  describe('delete', () => {
    test('removes the queue with all its messages', async () => {
      const { queue, leased } = await filled();
      expect(dataOf(await client.delete(queue))).toEqual({ queue, deleted: true });
      errorOf(await client.get(`get/${queue}`), 'QUEUE_NOT_FOUND');
      errorOf(await client.get(`stats/${queue}`), 'QUEUE_NOT_FOUND');
      errorOf(await client.get(`dlq/list/${queue}`), 'QUEUE_NOT_FOUND');
      errorOf(await client.peek(queue), 'QUEUE_NOT_FOUND');
      errorOf(await client.message(queue, leased.message_id), 'QUEUE_NOT_FOUND');
      errorOf(await client.post('consume', { queue }), 'QUEUE_NOT_FOUND');
      errorOf(await client.ack(queue, leased.message_id), 'QUEUE_NOT_FOUND');
      expect(dataOf(await client.get(`list?prefix=${queue}`)).items).toEqual([]);
      clock.advance(120_000);
      errorOf(await client.get(`get/${queue}`), 'QUEUE_NOT_FOUND');
    });

    test('is idempotent: it answers deleted:false for an unknown queue', async () => {
      const queue = await client.newQueue();
      expect(dataOf(await client.delete('nowhere'))).toEqual({ queue: 'nowhere', deleted: false });
      expect(dataOf(await client.delete(queue)).deleted).toBe(true);
      expect(dataOf(await client.delete(queue)).deleted).toBe(false);
    });

    test('accepts a body that repeats the queue or omits it, and refuses a different one', async () => {
      const [one, two] = [await client.newQueue(), await client.newQueue()];
      expect(dataOf(await client.delete(one, { queue: one })).deleted).toBe(true);
      expectRefusedField(await client.delete(two, { queue: one }), 'queue');
      expect(dataOf(await client.delete(two, {})).deleted).toBe(true);
    });

    test('is still in effect after a restart', async () => {
      const { queue } = await filled();
      await client.delete(queue);
      await running.restart();
      errorOf(await client.get(`get/${queue}`), 'QUEUE_NOT_FOUND');
    });

    test('is refused for a dead-letter queue in use, naming every queue that uses it', async () => {
      const dlq = await client.newQueue();
      const sources = [
        await client.newQueue({ dead_letter_queue: dlq }),
        await client.newQueue({ dead_letter_queue: dlq }),
      ];
      await client.bury(sources[0] ?? '', 'kept');
      const error = errorOf(await client.delete(dlq), 'QUEUE_IN_USE');
      for (const source of sources) expect(JSON.stringify(error)).toContain(source);
      expect(error.hint).toMatch(/\S/);
      expect(await client.stats(dlq)).toMatchObject({ available: 1 });
      // Once one source is detached and the other deleted, no queue uses it.
      dataOf(await client.update(sources[0] ?? '', { dead_letter_queue: null }));
      expect(JSON.stringify(errorOf(await client.delete(dlq), 'QUEUE_IN_USE'))).not.toContain(
        `${sources[0]}"`,
      );
      dataOf(await client.delete(sources[1] ?? ''));
      expect(dataOf(await client.delete(dlq)).deleted).toBe(true);
    });

    test('removes the dead letters that the queue keeps, and their source stops counting them', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue({ dead_letter_queue: dlq });
      await client.bury(queue, 1, 2);
      await client.update(queue, { dead_letter_queue: null });
      await client.bury(queue, 3);
      expect((await client.stats(queue)).dlq).toBe(3);
      await client.delete(dlq);
      expect((await client.stats(queue)).dlq).toBe(1);
      expect((await client.deadLetters(queue)).map(({ payload }) => payload)).toEqual([3]);
      expect(dataOf(await client.redrive(queue)).redriven).toBe(1);
      expect(await client.payloads(queue)).toEqual([3]);
    });

    test('keeps dead letters of the queue that are in another queue', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue({ dead_letter_queue: dlq });
      await client.bury(queue, 'orphan');
      await client.delete(queue);
      const letter = await client.take(dlq);
      expect(letter).toMatchObject({ payload: 'orphan', source_queue: queue });
      expect(dataOf(await client.ack(dlq, letter.message_id)).acked).toBe(true);
      expect(dataOf(await client.delete(dlq)).deleted).toBe(true);
    });
  });

  describe('purge', () => {
    test('removes and counts available, delayed and leased messages, and keeps dead letters', async () => {
      const { queue, leased } = await filled();
      expect(dataOf(await client.purge(queue))).toEqual({ queue, purged: 4 });
      // The counts are exact at once.
      const stats = await client.stats(queue);
      expect(stats).toMatchObject({ ...NOTHING, dlq: 1 });
      expect(stats).not.toHaveProperty('oldest_age_seconds');
      const { message_id, receipt } = leased;
      expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(false);
      expect(dataOf(await client.nack(queue, message_id, { receipt })).nacked).toBe(false);
      expect(dataOf(await client.extend(queue, message_id, 9, { receipt })).extended).toBe(false);
      clock.advance(120_000);
      expect(await client.consume(queue)).toEqual([]);
      expect(await client.stats(queue)).toMatchObject({ ...NOTHING, dlq: 1 });
      expect(dataOf(await client.redrive(queue)).redriven).toBe(1);
      expect(await client.payloads(queue)).toEqual(['dead']);
    });

    test('answers 0 for an empty queue and for a queue that was just purged', async () => {
      const { queue } = await filled();
      await client.purge(queue);
      expect(dataOf(await client.purge(queue)).purged).toBe(0);
      expect(dataOf(await client.purge(await client.newQueue())).purged).toBe(0);
    });

    test('keeps messages that are published after it', async () => {
      const { queue } = await filled();
      await client.purge(queue);
      await client.publishAll(queue, ['new', 'newer']);
      expect(await client.stats(queue)).toMatchObject({ available: 2, in_flight: 0, delayed: 0 });
      expect(await client.payloads(queue)).toEqual(['new', 'newer']);
    });

    test('keeps the dead letters of the queue that are in a named dead-letter queue', async () => {
      const dlq = await client.newQueue();
      const { queue } = await filled({ dead_letter_queue: dlq });
      expect(dataOf(await client.purge(queue)).purged).toBe(4);
      expect(await client.stats(queue)).toMatchObject({ ...NOTHING, dlq: 1 });
      expect(await client.stats(dlq)).toMatchObject({ available: 1 });
    });

    test('of a dead-letter queue also removes the dead letters of other queues', async () => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue({ dead_letter_queue: dlq });
      await client.bury(queue, 1, 2);
      await client.publish(dlq, 'its own');
      await client.take(dlq);
      expect(dataOf(await client.purge(dlq)).purged).toBe(3);
      expect(await client.stats(queue)).toMatchObject(NOTHING);
      expect(await client.deadLetters(queue)).toEqual([]);
      expect(dataOf(await client.redrive(queue)).redriven).toBe(0);
      await client.bury(queue, 3);
      expect((await client.stats(queue)).dlq).toBe(1);
    });

    test('removes thousands of messages at once and leaves other queues alone', async () => {
      const [queue, other] = [await client.newQueue(), await client.newQueue()];
      await client.publishAll(
        queue,
        Array.from({ length: 3_000 }, (_, n) => n),
      );
      await client.publishAll(other, [1]);
      await client.consume(queue, { max_messages: 1_000 });
      expect(dataOf(await client.purge(queue)).purged).toBe(3_000);
      expect(await client.stats(queue)).toMatchObject(NOTHING);
      expect(await client.stats(other)).toMatchObject({ available: 1 });
      await running.restart();
      expect(await client.stats(queue)).toMatchObject(NOTHING);
      expect(await client.consume(queue)).toEqual([]);
    });
  });
});
