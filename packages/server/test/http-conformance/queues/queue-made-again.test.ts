import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';

describe.each(STORE_FACTORIES)('a queue created again under its name on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const makeAgain = async (name: string, settings = {}) => {
    expect(dataOf(await client.delete(name)).deleted).toBe(true);
    return dataOf(await client.post('create', { name, ...settings })) as Json;
  };
  const EMPTY = { available: 0, in_flight: 0, delayed: 0, dlq: 0 };

  test('is empty and has only the settings of the new create', async () => {
    const queue = await client.newQueue({ max_retries: 9, enable_priority: true });
    await client.bury(queue, 'dead');
    await client.publishAll(queue, [1, 2]);
    await client.publish(queue, 3, { delay_seconds: 60 });
    await client.take(queue);
    clock.advance(1_000);
    const made = await makeAgain(queue);
    expect(made).toMatchObject({ max_retries: 3, enable_priority: false });
    expect(made.created_at).toBe(new Date(clock.nowMs()).toISOString());
    expect(await client.stats(queue)).toMatchObject(EMPTY);
    expect(dataOf(await client.peek(queue)).items).toEqual([]);
    expect(await client.deadLetters(queue)).toEqual([]);
    expect(dataOf(await client.redrive(queue)).redriven).toBe(0);
    clock.advance(120_000);
    expect(await client.consume(queue)).toEqual([]);
    expect(await client.stats(queue)).toMatchObject(EMPTY);
  });

  test('does not know the receipts and message ids of the deleted queue', async () => {
    const queue = await client.newQueue();
    const [available = '', dead = ''] = await client.publishAll(queue, [1, 2]);
    const { message_id, receipt } = await client.take(queue);
    expect(message_id).toBe(available);
    await client.kill(queue);
    await makeAgain(queue);
    await client.publish(queue, 'new');
    for (const id of [available, dead]) {
      errorOf(await client.message(queue, id), 'MESSAGE_NOT_FOUND');
      expect(dataOf(await client.redrive(queue, { message_id: id })).redriven).toBe(0);
      expect(dataOf(await client.purgeDead(queue, { message_id: id })).purged).toBe(0);
      for (const given of [{}, { receipt }]) {
        expect(dataOf(await client.ack(queue, id, given)).acked).toBe(false);
        expect(dataOf(await client.nack(queue, id, given)).nacked).toBe(false);
        expect(dataOf(await client.extend(queue, id, 9, given)).extended).toBe(false);
        const messages = [{ message_id: id, ...given }];
        const { results } = dataOf(await client.post('ack_batch', { queue, messages }));
        expect(results).toEqual([{ message_id: id, acked: false }]);
      }
    }
    expect(await client.stats(queue)).toMatchObject({ ...EMPTY, available: 1 });
  });

  test('does not know the idempotency keys of the deleted queue', async () => {
    const queue = await client.newQueue();
    const idempotency_key = 'k';
    const calls = [
      () => client.post('publish', { queue, payload: 1, idempotency_key }),
      () => client.post('publish_batch', { queue, messages: [{ payload: 2 }], idempotency_key }),
      () => client.post('consume', { queue, idempotency_key, max_messages: 1 }),
      () => client.ack(queue, 'm', { idempotency_key }),
      () => client.nack(queue, 'm', { idempotency_key }),
      () => client.extend(queue, 'm', 5, { idempotency_key }),
      () => client.post('ack_batch', { queue, messages: [], idempotency_key }),
      () => client.post('nack_batch', { queue, messages: [], idempotency_key }),
      () => client.redrive(queue, { idempotency_key }),
      () => client.purgeDead(queue, { idempotency_key }),
      () => client.update(queue, { max_retries: 7, idempotency_key }),
      () => client.purge(queue, { idempotency_key }),
    ];
    for (const call of calls) dataOf(await call());
    await makeAgain(queue);
    for (const call of calls) dataOf(await call());
  });

  test('can be created with the idempotency key of the first create', async () => {
    const body = { name: 'made-twice', idempotency_key: 'made' };
    dataOf(await client.post('create', body));
    await client.publish('made-twice');
    expect(dataOf(await client.delete('made-twice')).deleted).toBe(true);
    dataOf(await client.post('create', body));
    expect(await client.stats('made-twice')).toMatchObject(EMPTY);
  });

  test('is not deleted by a replay of the first delete', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await client.delete(queue, { idempotency_key: 'd' }));
    const made = dataOf(await client.post('create', { name: queue }));
    expect(replayOf(await client.delete(queue, { idempotency_key: 'd' }))).toEqual(first);
    expect(dataOf(await client.get(`get/${queue}`))).toEqual(made);
  });

  test('does not own the dead letters of the deleted queue in a named dead-letter queue', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue({ dead_letter_queue: dlq });
    const [old = ''] = await client.bury(queue, 'old');
    await makeAgain(queue, { dead_letter_queue: dlq });
    expect((await client.stats(queue)).dlq).toBe(0);
    expect(await client.deadLetters(queue)).toEqual([]);
    for (const body of [{}, { since: 0 }, { message_id: old }]) {
      expect(dataOf(await client.redrive(queue, body)).redriven).toBe(0);
    }
    expect(dataOf(await client.purgeDead(queue)).purged).toBe(0);
    expect(await client.stats(dlq)).toMatchObject({ available: 1 });
    await client.bury(queue, 'new');
    expect((await client.deadLetters(queue)).map(({ payload }) => payload)).toEqual(['new']);
    expect(dataOf(await client.redrive(queue)).redriven).toBe(1);
    expect(await client.payloads(dlq)).toEqual(['old']);
    await running.restart();
    expect(await client.stats(queue)).toMatchObject({ ...EMPTY, available: 1 });
  });

  test('has no old dead letters if it is a dead-letter queue, and gets the next ones', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue({ dead_letter_queue: dlq });
    await client.bury(queue, 'old');
    dataOf(await client.update(queue, { dead_letter_queue: null }));
    await makeAgain(dlq);
    expect((await client.stats(queue)).dlq).toBe(0);
    expect((await record(queue)).dead_letter_queue).toBeUndefined();
    dataOf(await client.update(queue, { dead_letter_queue: dlq }));
    await client.bury(queue, 'new');
    expect(await client.payloads(dlq)).toEqual(['new']);
  });
  const record = async (queue: string): Promise<Json> => dataOf(await client.get(`get/${queue}`));

  test('is empty each of ten times while others publish and consume', async () => {
    const queue = await client.newQueue();
    for (let round = 0; round < 10; round += 1) {
      const busy = Promise.all(
        Array.from({ length: 5 }, () => [
          client.post('publish_batch', { queue, messages: [{ payload: round }] }),
          client.post('consume', { queue }),
        ]).flat(),
      );
      await client.delete(queue);
      for (const { status } of await busy) expect([200, 404]).toContain(status);
      dataOf(await client.post('create', { name: queue }));
      expect(await client.stats(queue)).toMatchObject(EMPTY);
    }
  });
});
