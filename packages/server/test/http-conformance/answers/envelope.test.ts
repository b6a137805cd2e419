import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { dataOf, errorOf, expectFailureEnvelope, ISO_MILLISECONDS } from './expect-answer.js';

describe.each(STORE_FACTORIES)('the envelope on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const exact = (data: object) => Object.keys(data).sort();

  test('a success contains data, a null error and metadata as compact JSON', async () => {
    const queue = await client.newQueue();
    const answer = await client.get(`get/${queue}`);
    expect(dataOf(answer).queue).toBe(queue);
    expect(answer.text).toBe(`${JSON.stringify(answer.body)}\n`);
  });

  test('a failure contains null data and an error as compact JSON', async () => {
    const answer = await client.get('get/no-such-queue');
    errorOf(answer, 'QUEUE_NOT_FOUND');
    expect(answer.text).toBe(`${JSON.stringify(answer.body)}\n`);
  });

  test('details of a failure are absent, never null, when no field is at fault', async () => {
    const { error } = (await client.get('get/no-such-queue')).body;
    expect(error).not.toHaveProperty('details');
    expect(Object.values(error)).not.toContain(null);
  });

  test('every answer has its own request id', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => client.get('list')));
    const ids = answers.map(({ body }) => body.metadata.request_id);
    expect(new Set(ids).size).toBe(3);
  });

  test('an unknown route, an unknown method and an invalid JSON body are answered with the envelope', async () => {
    expectFailureEnvelope(await running.call('GET', '/v1/queue/nothing'));
    expectFailureEnvelope(await running.call('PUT', '/v1/queue/publish'));
    expectFailureEnvelope(await client.post('publish', '{'));
  });

  test.each([
    ['a method that HTTP does not know', requestHead('BREW', '/v1/queue/list', {})],
    ['an invalid request line', 'what is this\r\n\r\n'],
    ['a header that is far too long', requestHead('GET', '/v1/queue/list', { X: 'x'.repeat(1e6) })],
    ['a path with broken percent-encoding', requestHead('GET', '/v1/queue/get/%zz', {})],
    [
      'a path that is not UTF-8',
      requestHead('GET', '/v1/queue/get/%ff', { Authorization: `Bearer ${ADMIN_KEY}` }),
    ],
    ['a header line without a colon', 'GET /v1/queue/list HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n'],
  ])('%s is answered with 4xx and the envelope', async (_what, request) => {
    const answer = await exchange(running.url, [request], { hangUpAfterSending: true });
    expect(answer, 'the server must answer').toBeDefined();
    if (answer === undefined) return;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expectFailureEnvelope(answer);
  });

  test('a queue record contains exactly the fields of the contract', async () => {
    const dead = await client.newQueue();
    const name = await client.newQueue({ dead_letter_queue: dead });
    const fields = [
      'created_at',
      'dead_letter_queue',
      'enable_priority',
      'max_expired_leases',
      'max_retries',
      'message_retention_days',
      'queue',
      'type',
      'updated_at',
      'visibility_timeout_default',
    ];
    expect(exact(dataOf(await client.post('create', { name })))).toEqual(fields);
    expect(exact(dataOf(await client.get(`get/${name}`)))).toEqual(fields);
    const { items } = dataOf(await client.get(`list?prefix=${name}`));
    expect(exact(items[0])).toEqual(fields);
    // A queue without a dead-letter queue leaves the field out.
    const without = fields.filter((field) => field !== 'dead_letter_queue');
    expect(exact(dataOf(await client.get(`get/${dead}`)))).toEqual(without);
  });

  test('the answers of publish, ack, nack and extend contain exactly the fields of the contract', async () => {
    const queue = await client.newQueue();
    const published = dataOf(await client.post('publish', { queue, payload: 1 }));
    expect(published).toEqual({ message_id: expect.any(String) });
    const { message_id } = published;
    await client.take(queue);
    expect(dataOf(await client.extend(queue, message_id, 60))).toEqual({
      message_id,
      extended: true,
      lease_expires_at: expect.stringMatching(ISO_MILLISECONDS),
    });
    const nacked = { message_id, nacked: true, requeued: true };
    expect(dataOf(await client.nack(queue, message_id))).toEqual(nacked);
    await client.take(queue);
    expect(dataOf(await client.ack(queue, message_id))).toEqual({ message_id, acked: true });
  });

  test('a consumed message contains only the fields it has, none of them null', async () => {
    const queue = await client.newQueue();
    const message_id = await client.publish(queue, { n: 1 });
    const data = dataOf(await client.post('consume', { queue }));
    expect(data).toEqual({
      messages: [
        {
          message_id,
          queue,
          payload: { n: 1 },
          priority: 0,
          enqueued_at: expect.stringMatching(ISO_MILLISECONDS),
          delivery_count: 1,
          receipt: expect.stringMatching(/./),
          lease_expires_at: expect.stringMatching(ISO_MILLISECONDS),
        },
      ],
    });
  });

  test('an empty consume and an empty page contain empty lists, not null', async () => {
    const queue = await client.newQueue();
    expect(dataOf(await client.post('consume', { queue }))).toEqual({ messages: [] });
    expect(dataOf(await client.get('list?prefix=nothing-starts-so'))).toEqual({ items: [] });
  });

  test('stats contain the counts, and an age only when there is a message', async () => {
    const queue = await client.newQueue();
    const empty = { queue, available: 0, in_flight: 0, delayed: 0, dlq: 0 };
    const none = { ...empty, waiting_consumers: 0 };
    expect(dataOf(await client.get(`stats/${queue}`))).toEqual(none);
    await client.publish(queue);
    expect(dataOf(await client.get(`stats/${queue}`))).toEqual({
      ...none,
      available: 1,
      oldest_age_seconds: 0,
    });
  });

  test('health checks need no key and have no envelope', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await running.call('GET', path, undefined, { key: null });
      expect(answer.status).toBe(200);
      expect(answer.body ?? {}).not.toHaveProperty('metadata');
    }
  });
});
