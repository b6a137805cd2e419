import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const HOUR_MS = 3_600_000;

describe.each(STORE_FACTORIES)('idempotency keys on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const publish = (queue: string, more: object, headers = {}) =>
    client.post('publish', { queue, payload: 1, ...more }, { headers });
  const publishText = (queue: string, fields: string) =>
    client.post('publish', `{"queue":"${queue}","idempotency_key":"k",${fields}}`);

  test('the same request under the same key replays the first answer without effect', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await publish(queue, { idempotency_key: 'k' }));
    expect(replayOf(await publish(queue, { idempotency_key: 'k' }))).toEqual(first);
    expect(await client.consume(queue)).toHaveLength(1);
    // This is still so after the message is acked.
    await client.ack(queue, first.message_id);
    expect(replayOf(await publish(queue, { idempotency_key: 'k' }))).toEqual(first);
  });

  test('a key in the header works like a key in the body', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await publish(queue, {}, { 'idempotency-key': 'k' }));
    expect(replayOf(await publish(queue, {}, { 'Idempotency-Key': 'k' }))).toEqual(first);
    expect(replayOf(await publish(queue, { idempotency_key: 'k' }))).toEqual(first);
  });

  test('the key in the body takes precedence over the key in the header', async () => {
    const queue = await client.newQueue();
    const first = dataOf(
      await publish(queue, { idempotency_key: 'b' }, { 'idempotency-key': 'h1' }),
    );
    const again = await publish(queue, { idempotency_key: 'b' }, { 'idempotency-key': 'h2' });
    expect(replayOf(again)).toEqual(first);
    dataOf(await publish(queue, {}, { 'idempotency-key': 'h1' }));
    expect((await client.stats(queue)).available).toBe(2);
    // A header that does not count is not validated either.
    const long = { 'idempotency-key': 'x'.repeat(300) };
    expect(replayOf(await publish(queue, { idempotency_key: 'b' }, long))).toEqual(first);
  });

  test('the key in the header is used when the key in the body is null', async () => {
    const queue = await client.newQueue();
    const header = { 'idempotency-key': 'k' };
    const first = dataOf(await publish(queue, { idempotency_key: null }, header));
    expect(replayOf(await publish(queue, {}, header))).toEqual(first);
  });

  test('calls without a key each take effect', async () => {
    const queue = await client.newQueue();
    const ids = [dataOf(await publish(queue, {})), dataOf(await publish(queue, {}))];
    expect(ids[0].message_id).not.toBe(ids[1].message_id);
  });

  describe('a request under a used key', () => {
    test.each([
      ['another payload', '"payload":{"a":2}'],
      ['a payload of the same value in other bytes', '"payload":{"a": 1}'],
      ['a number that is spelt differently', '"payload":{"a":1.0}'],
      ['a default filled in', '"payload":{"a":1},"delay_seconds":0'],
      ['another setting', '"payload":{"a":1},"priority":1'],
      ['an added header', '"payload":{"a":1},"headers":{"a":"b"}'],
    ])('is refused if it has %s', async (_what, fields) => {
      const queue = await client.newQueue();
      dataOf(await publishText(queue, '"payload":{"a":1}'));
      errorOf(await publishText(queue, fields), 'IDEMPOTENCY_KEY_REUSED');
      expect((await client.stats(queue)).available).toBe(1);
    });

    test.each([
      ['the order of the fields', '"headers":{"b":"2","a":"1"},"priority":3,"payload":[1]'],
      [
        'null fields',
        '"payload":[1],"priority":3,"delay_seconds":null,"headers":{"a":"1","b":"2"}',
      ],
      ['unknown fields', '"payload":[1],"priority":3,"headers":{"a":"1","b":"2"},"region":"eu"'],
      ['white space between fields', '"payload" : [1] , "priority":3,"headers":{"a":"1", "b":"2"}'],
      [
        'how a number outside the payload is written',
        '"payload":[1],"priority":3.0,"headers":{"a":"1","b":"2"}',
      ],
    ])('is replayed if it differs only in %s', async (_what, fields) => {
      const queue = await client.newQueue();
      const plain = '"payload":[1],"priority":3,"headers":{"a":"1","b":"2"}';
      const first = dataOf(await publishText(queue, plain));
      expect(replayOf(await publishText(queue, fields))).toEqual(first);
    });
  });

  describe('the same key', () => {
    test('can be used in two queues', async () => {
      const [one, two] = [await client.newQueue(), await client.newQueue()];
      dataOf(await publish(one, { idempotency_key: 'k' }));
      dataOf(await publish(two, { idempotency_key: 'k' }));
      expect((await client.stats(two)).available).toBe(1);
    });

    test('can be used for different calls', async () => {
      const queue = await client.newQueue();
      const idempotency_key = 'k';
      const { message_id } = dataOf(await publish(queue, { idempotency_key }));
      dataOf(await client.post('consume', { queue, idempotency_key }));
      dataOf(await client.extend(queue, message_id, 60, { idempotency_key }));
      dataOf(await client.nack(queue, message_id, { idempotency_key }));
      dataOf(await client.ack(queue, message_id, { idempotency_key }));
      dataOf(await client.post('create', { name: `of-${queue}`, idempotency_key }));
    });

    test('can be used in two projects', async () => {
      const made = await running.call('POST', '/v1/account/keys/create', { project: 'other' });
      const other = client.with({ key: dataOf(made).key });
      const queue = await client.newQueue();
      dataOf(await other.post('create', { name: queue }));
      dataOf(await publish(queue, { idempotency_key: 'k' }));
      const theirs = { queue, payload: 'theirs', idempotency_key: 'k' };
      dataOf(await other.post('publish', theirs));
      const name = `made-by-both-${queue}`;
      dataOf(await client.post('create', { name, idempotency_key: 'c' }));
      dataOf(await other.post('create', { name, max_retries: 1, idempotency_key: 'c' }));
    });

    test('is refused for a create with another name', async () => {
      const first = dataOf(await client.post('create', { name: 'c-1', idempotency_key: 'create' }));
      const again = await client.post('create', { name: 'c-1', idempotency_key: 'create' });
      expect(replayOf(again)).toEqual(first);
      const other = await client.post('create', { name: 'c-2', idempotency_key: 'create' });
      errorOf(other, 'IDEMPOTENCY_KEY_REUSED');
    });

    test('matches only character by character', async () => {
      const queue = await client.newQueue();
      for (const idempotency_key of ['k', 'K', 'k ', ' k', 'ḱ', 'k\u0301', 'k\u0000', "k'", '😀']) {
        dataOf(await publish(queue, { idempotency_key }));
        replayOf(await publish(queue, { idempotency_key }));
      }
      expect((await client.stats(queue)).available).toBe(9);
    });
  });

  test('a key can be used for another request after 24 hours', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await publish(queue, { idempotency_key: 'k' }));
    clock.advance(24 * HOUR_MS - 1);
    expect(replayOf(await publish(queue, { idempotency_key: 'k' }))).toEqual(first);
    clock.advance(2);
    dataOf(await publish(queue, { payload: 'another', idempotency_key: 'k' }));
    expect((await client.stats(queue)).available).toBe(2);
  });

  test('a record survives a restart', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await publish(queue, { idempotency_key: 'k' }));
    await running.restart();
    expect(replayOf(await publish(queue, { idempotency_key: 'k' }))).toEqual(first);
  });

  describe('only successes are recorded', () => {
    test('a refusal leaves the key free', async () => {
      const idempotency_key = 'k';
      const late = { queue: 'made-late', payload: 1, idempotency_key };
      errorOf(await client.post('publish', late), 'QUEUE_NOT_FOUND');
      dataOf(await client.post('create', { name: 'made-late' }));
      dataOf(await client.post('publish', late));
      const invalid = await publish('made-late', { priority: -1, idempotency_key: 'other' });
      errorOf(invalid, 'INVALID_REQUEST');
      dataOf(await publish('made-late', { idempotency_key: 'other' }));
    });

    test('a call refused with LEASE_LOST is checked again when it is retried', async () => {
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      const { receipt } = await client.take(queue);
      await client.nack(queue, id);
      const wanted = { receipt, idempotency_key: 'k' };
      errorOf(await client.ack(queue, id, wanted), 'LEASE_LOST');
      errorOf(await client.ack(queue, id, wanted), 'LEASE_LOST');
      dataOf(await client.ack(queue, id, { idempotency_key: 'k' }));
    });

    test('an answer with acked:false is recorded as a success', async () => {
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      const early = { idempotency_key: 'k' };
      expect(dataOf(await client.ack(queue, id, early)).acked).toBe(false);
      await client.take(queue);
      expect(replayOf(await client.ack(queue, id, early)).acked).toBe(false);
      expect((await client.stats(queue)).in_flight).toBe(1);
    });
  });

  test('a retried ack, nack or extend replays its first answer', async () => {
    const queue = await client.newQueue({ max_retries: 1 });
    const id = await client.publish(queue);
    const { receipt } = await client.take(queue);
    const extended = dataOf(await client.extend(queue, id, 60, { receipt, idempotency_key: 'e' }));
    clock.advance(1_000);
    const again = await client.extend(queue, id, 60, { receipt, idempotency_key: 'e' });
    expect(replayOf(again)).toEqual(extended);
    const nacked = dataOf(await client.nack(queue, id, { receipt, idempotency_key: 'n' }));
    expect(replayOf(await client.nack(queue, id, { receipt, idempotency_key: 'n' }))).toEqual(
      nacked,
    );
    const next = await client.take(queue);
    // The replay of the first nack does not count as a second failure.
    expect(replayOf(await client.nack(queue, id, { receipt, idempotency_key: 'n' }))).toEqual(
      nacked,
    );
    const settled = { receipt: next.receipt, idempotency_key: 'a' };
    expect(dataOf(await client.ack(queue, id, settled)).acked).toBe(true);
    expect(replayOf(await client.ack(queue, id, settled)).acked).toBe(true);
    expect((await client.stats(queue)).dlq).toBe(0);
  });
});
