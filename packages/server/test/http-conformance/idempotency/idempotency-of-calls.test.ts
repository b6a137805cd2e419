import { describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../harness/http-server.js';
import type { ManagingClient } from '../../harness/managing-client.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';

interface WritingCall {
  /** Makes what the call works on, before its first attempt. */
  readonly prepare: (client: ManagingClient, queue: string) => Promise<unknown>;
  readonly send: (client: ManagingClient, queue: string, more: object) => Promise<HttpAnswer>;
  /** Fields that make it a different request. */
  readonly other: object;
}
const nothing = async () => undefined;
const bury = (client: ManagingClient, queue: string) => client.bury(queue, 1, 2);
const lease = async (client: ManagingClient, queue: string) => {
  await client.publishAll(queue, [1, 2]);
  await client.consume(queue);
};
const entriesOf = async (client: ManagingClient, queue: string) =>
  dataOf(await client.peek(queue)).items.map(({ message_id }: { message_id: string }) => ({
    message_id,
  }));
const leased = new Map<string, unknown[]>();
const settle =
  (call: string): WritingCall['send'] =>
  async (client, queue, more) => {
    const messages = leased.get(queue) ?? (await entriesOf(client, queue));
    leased.set(queue, messages);
    return client.post(call, { queue, messages, ...more });
  };

/** All of them paused: an active one would lease messages that these tests count. */
const subscriptions = new Map<string, string>();
const subscribe = async (client: ManagingClient, queue: string) => {
  const made = dataOf(
    await client.post(`push_subscribe/${queue}`, { url: 'https://receiver.example' }),
  );
  subscriptions.set(queue, made.subscription_id);
  await client.post(`push_subscribe/${queue}/${made.subscription_id}/pause`, {});
};

const CALLS: Record<string, WritingCall> = {
  publish_batch: {
    prepare: nothing,
    send: (client, queue, more) =>
      client.post('publish_batch', { queue, messages: [{ payload: [1] }], ...more }),
    other: { messages: [{ payload: [2] }] },
  },
  ack_batch: { prepare: lease, send: settle('ack_batch'), other: { messages: [] } },
  nack_batch: { prepare: lease, send: settle('nack_batch'), other: { messages: [] } },
  update: {
    prepare: nothing,
    send: (client, queue, more) => client.update(queue, { max_retries: 8, ...more }),
    other: { max_retries: 9 },
  },
  purge: {
    prepare: (client, queue) => client.publishAll(queue, [1, 2, 3]),
    send: (client, queue, more) => client.purge(queue, more),
    other: {},
  },
  'dlq/redrive': {
    prepare: bury,
    send: (client, queue, more) => client.redrive(queue, { max_messages: 1, ...more }),
    other: { max_messages: 2 },
  },
  'dlq/purge': {
    prepare: bury,
    send: (client, queue, more) => client.purgeDead(queue, more),
    other: { message_id: 'm' },
  },
  push_pause: {
    prepare: subscribe,
    send: (client, queue, more) =>
      client.post(`push_subscribe/${queue}/${subscriptions.get(queue)}/pause`, more),
    other: {},
  },
};

describe.each(STORE_FACTORIES)('idempotency keys of every writing call on $name', (factory) => {
  const { running, client } = useManager(factory);

  describe.each(Object.entries(CALLS))('%s', (name, { prepare, send, other }) => {
    const isComparable = Object.keys(other).length > 0;

    test('the same request is replayed without effect', async () => {
      const queue = await client.newQueue();
      await prepare(client, queue);
      const first = dataOf(await send(client, queue, { idempotency_key: 'k' }));
      await client.publish(queue, 'since then');
      const { oldest_age_seconds: _age, ...counts } = await client.stats(queue);
      expect(replayOf(await send(client, queue, { idempotency_key: 'k' }))).toEqual(first);
      if (name === 'update') await running.restart();
      expect(replayOf(await send(client, queue, { idempotency_key: 'k' }))).toEqual(first);
      // Time passes during a restart.
      const { oldest_age_seconds: _later, ...after } = await client.stats(queue);
      expect(counts).toMatchObject(after);
    });

    test('a key in the header works like a key in the body', async () => {
      const queue = await client.newQueue();
      await prepare(client, queue);
      const byHeader = client.with({ headers: { 'idempotency-key': 'k' } });
      const first = dataOf(await send(byHeader, queue, {}));
      expect(replayOf(await send(byHeader, queue, {}))).toEqual(first);
      expect(replayOf(await send(client, queue, { idempotency_key: 'k' }))).toEqual(first);
    });

    test.runIf(isComparable)('a different request under the key is refused', async () => {
      const queue = await client.newQueue();
      await prepare(client, queue);
      dataOf(await send(client, queue, { idempotency_key: 'k' }));
      const counts = await client.stats(queue);
      const again = await send(client, queue, { ...other, idempotency_key: 'k' });
      errorOf(again, 'IDEMPOTENCY_KEY_REUSED');
      expect(await client.stats(queue)).toEqual(counts);
    });

    test('ten simultaneous requests under one key take effect once', async () => {
      const queue = await client.newQueue();
      await prepare(client, queue);
      if (name.endsWith('_batch')) leased.set(queue, await entriesOf(client, queue));
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => send(client, queue, { idempotency_key: 'k' })),
      );
      expect(new Set(answers.map(({ body }) => JSON.stringify(body.data))).size).toBe(1);
      const fresh = answers.filter(({ body }) => body.metadata.cache_hit === false);
      expect(fresh).toHaveLength(1);
    });

    test('the same key can be used in another queue', async () => {
      for (let n = 0; n < 2; n += 1) {
        const queue = await client.newQueue();
        await prepare(client, queue);
        dataOf(await send(client, queue, { idempotency_key: 'k' }));
      }
    });
  });

  test('a retried delete replays deleted:true', async () => {
    const queue = await client.newQueue();
    const first = dataOf(await client.delete(queue, { idempotency_key: 'k' }));
    expect(first).toEqual({ queue, deleted: true });
    expect(replayOf(await client.delete(queue, { idempotency_key: 'k' }))).toEqual(first);
  });

  test('a retried delete does not delete a queue that was created again in the meantime', async () => {
    const queue = await client.newQueue({ max_retries: 2 });
    const first = dataOf(await client.delete(queue, { idempotency_key: 'k' }));
    const made = dataOf(await client.post('create', { name: queue, max_retries: 5 }));
    await client.publish(queue, 'kept');
    const headers = { 'idempotency-key': 'k' };
    const path = `/v1/queue/delete/${queue}`;
    const again = await running.call('DELETE', path, undefined, { headers });
    expect(replayOf(again)).toEqual(first);
    expect(dataOf(await client.get(`get/${queue}`))).toEqual(made);
    await running.restart();
    expect(replayOf(await client.delete(queue, { idempotency_key: 'k' }))).toEqual(first);
    expect(await client.payloads(queue)).toEqual(['kept']);
    expect(dataOf(await client.delete(queue, { idempotency_key: 'l' })).deleted).toBe(true);
  });

  test('a delete that found no queue is not recorded', async () => {
    const name = 'deleted-before-it-was-made';
    const remove = () => client.delete(name, { idempotency_key: 'k' });
    for (let round = 0; round < 2; round += 1) {
      const answer = await remove();
      expect(dataOf(answer).deleted).toBe(false);
      expect(answer.body.metadata.cache_hit).toBe(false);
    }
    dataOf(await client.post('create', { name }));
    expect(dataOf(await remove()).deleted).toBe(true);
    expect(replayOf(await remove()).deleted).toBe(true);
  });

  test('a retried publish_batch compares payloads by their bytes and other fields by their values', async () => {
    const queue = await client.newQueue();
    const send = (entry: string) =>
      client.post(
        'publish_batch',
        `{"queue":"${queue}","idempotency_key":"k","messages":[{"payload":1},${entry}]}`,
      );
    const first = dataOf(await send('{"payload":{"a":1},"priority":3}'));
    for (const same of [
      '{"priority":3.0, "payload" : {"a":1},"delay_seconds":null,"foo":1}',
      '{"payload":0,"payload":{"a":1},"priority":3}',
    ]) {
      expect(replayOf(await send(same)), same).toEqual(first);
    }
    for (const differing of [
      '{"payload":{"a": 1},"priority":3}',
      '{"payload":{"a":1.0},"priority":3}',
      '{"payload":{"a":1}}',
      '{"payload":{"a":1},"priority":3,"delay_seconds":0}',
      '{"payload":{"a":1},"priority":3},{"payload":1}',
    ]) {
      errorOf(await send(differing), 'IDEMPOTENCY_KEY_REUSED', differing);
    }
    expect((await client.stats(queue)).available).toBe(2);
  });

  test('an update with null is a different request from an update without the field', async () => {
    const queue = await client.newQueue();
    dataOf(await client.update(queue, { dead_letter_queue: null, idempotency_key: 'k' }));
    errorOf(await client.update(queue, { idempotency_key: 'k' }), 'IDEMPOTENCY_KEY_REUSED');
    dataOf(await client.update(queue, { max_expired_leases: null, idempotency_key: 'l' }));
    errorOf(await client.update(queue, { idempotency_key: 'l' }), 'IDEMPOTENCY_KEY_REUSED');
  });

  test('a refused update or delete leaves the key free', async () => {
    const queue = await client.newQueue();
    const idempotency_key = `key-of-${queue}`;
    const dead_letter_queue = `dlq-of-${queue}`;
    const wanted = { dead_letter_queue, idempotency_key };
    errorOf(await client.update(queue, wanted), 'DEAD_LETTER_QUEUE_NOT_FOUND');
    dataOf(await client.post('create', { name: dead_letter_queue }));
    dataOf(await client.update(queue, wanted));
    errorOf(await client.delete(dead_letter_queue, { idempotency_key }), 'QUEUE_IN_USE');
    dataOf(await client.update(queue, { dead_letter_queue: null }));
    expect(dataOf(await client.delete(dead_letter_queue, { idempotency_key })).deleted).toBe(true);
  });
});
