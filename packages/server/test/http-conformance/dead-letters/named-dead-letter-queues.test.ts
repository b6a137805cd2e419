import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';

describe.each(STORE_FACTORIES)('named dead-letter queues on $name', (factory) => {
  const { client } = useManager(factory);
  const record = async (queue: string): Promise<Json> => dataOf(await client.get(`get/${queue}`));

  describe('update refuses', () => {
    test('a dead-letter queue that does not exist', async () => {
      const queue = await client.newQueue();
      const before = await record(queue);
      const settings = { dead_letter_queue: 'nowhere', max_retries: 9 };
      errorOf(await client.update(queue, settings), 'DEAD_LETTER_QUEUE_NOT_FOUND');
      expect(await record(queue)).toEqual(before);
    });

    test('the queue itself as its dead-letter queue', async () => {
      const queue = await client.newQueue();
      const before = await record(queue);
      const settings = { dead_letter_queue: queue, max_retries: 9 };
      errorOf(await client.update(queue, settings), 'DEAD_LETTER_CYCLE');
      expect(await record(queue)).toEqual(before);
    });

    test.each([2, 3, 6])('a cycle of %d queues', async (length) => {
      const first = await client.newQueue();
      let last = first;
      for (let n = 1; n < length; n += 1) last = await client.newQueue({ dead_letter_queue: last });
      const before = await record(first);
      errorOf(await client.update(first, { dead_letter_queue: last }), 'DEAD_LETTER_CYCLE');
      expect(await record(first)).toEqual(before);
      // The chain itself is allowed, and so is another queue that points to its end.
      dataOf(await client.update(last, { max_retries: 1 }));
      await client.newQueue({ dead_letter_queue: last });
    });

    test('a cycle that two simultaneous updates would close', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [a, b] = [await client.newQueue(), await client.newQueue()];
        const answers = await Promise.all([
          client.update(a, { dead_letter_queue: b }),
          client.update(b, { dead_letter_queue: a }),
        ]);
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
      }
    });

    test('a dead-letter queue of another project', async () => {
      const made = await client.post('../account/keys/create', { project: 'elsewhere' });
      const other = client.with({ key: dataOf(made).key });
      const theirs = await other.newQueue();
      const queue = await client.newQueue();
      const answer = await client.update(queue, { dead_letter_queue: theirs });
      errorOf(answer, 'DEAD_LETTER_QUEUE_NOT_FOUND');
    });
  });

  test('a detached dead-letter queue can use its former source as its dead-letter queue', async () => {
    const a = await client.newQueue();
    const b = await client.newQueue({ dead_letter_queue: a });
    errorOf(await client.update(a, { dead_letter_queue: b }), 'DEAD_LETTER_CYCLE');
    dataOf(await client.update(b, { dead_letter_queue: null }));
    expect(dataOf(await client.update(a, { dead_letter_queue: b })).dead_letter_queue).toBe(b);
  });

  test('a delete of a queue and an update that attaches it at the same time do not both succeed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [queue, dlq] = [await client.newQueue(), await client.newQueue()];
      const [updated, deleted] = await Promise.all([
        client.update(queue, { dead_letter_queue: dlq }),
        client.delete(dlq),
      ]);
      if (updated.status === 200) errorOf(deleted, 'QUEUE_IN_USE');
      else {
        errorOf(updated, 'DEAD_LETTER_QUEUE_NOT_FOUND');
        expect(dataOf(deleted).deleted).toBe(true);
      }
      await client.bury(queue, 1);
      expect((await client.stats(queue)).dlq).toBe(1);
    }
  });

  test('a redrive from a shared dead-letter queue moves each message to its own source', async () => {
    const dlq = await client.newQueue();
    const [a, b] = [
      await client.newQueue({ dead_letter_queue: dlq }),
      await client.newQueue({ dead_letter_queue: dlq }),
    ];
    for (const n of [1, 2]) {
      await client.bury(a, `a${n}`);
      await client.bury(b, `b${n}`);
    }
    await client.publish(dlq, 'its own');
    const [bLetter] = await client.deadLetters(b);
    expect(dataOf(await client.redrive(a, { message_id: bLetter.message_id })).redriven).toBe(0);
    expect(dataOf(await client.redrive(dlq)).redriven).toBe(0);
    expect(dataOf(await client.redrive(a)).redriven).toBe(2);
    expect(await client.stats(dlq)).toMatchObject({ available: 3 });
    expect(await client.stats(b)).toMatchObject({ available: 0, dlq: 2 });
    expect(await client.payloads(a)).toEqual(['a1', 'a2']);
    expect(dataOf(await client.redrive(b)).redriven).toBe(2);
    expect(await client.payloads(b)).toEqual(['b1', 'b2']);
    expect(await client.payloads(dlq)).toEqual(['its own']);
  });

  test('a redrive also takes dead letters from an earlier dead-letter queue of the source', async () => {
    const [one, two] = [await client.newQueue(), await client.newQueue()];
    const queue = await client.newQueue({ dead_letter_queue: one });
    await client.bury(queue, 'in one');
    await client.update(queue, { dead_letter_queue: two });
    await client.bury(queue, 'in two');
    expect((await client.stats(queue)).dlq).toBe(2);
    expect(dataOf(await client.redrive(queue)).redriven).toBe(2);
    expect(await client.payloads(queue)).toEqual(['in one', 'in two']);
    expect((await client.stats(one)).available + (await client.stats(two)).available).toBe(0);
    errorOf(await client.delete(two), 'QUEUE_IN_USE');
    expect(dataOf(await client.delete(one)).deleted).toBe(true);
  });
});
