import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, type HttpAnswer } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('the programs of the reference on $name', (factory) => {
  const running = useServer(factory);

  const send = async (
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<HttpAnswer> => {
    const length = { 'Content-Length': Buffer.byteLength(body ?? '') };
    const head = requestHead(method, path, { ...headers, ...(body === undefined ? {} : length) });
    const answer = await exchange(running.url, [head, body ?? '']);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };
  /** Sends like Python's urllib: with a media type even without a body, and spaces in the JSON. */
  const urllib = (method: string, path: string, body?: string) =>
    send(method, path, body, {
      'Accept-Encoding': 'identity',
      'User-Agent': 'Python-urllib/3.12',
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Type': 'application/json',
    });
  const curl = (method: string, path: string, body?: string) =>
    send(method, path, body, {
      'User-Agent': 'curl/8.5.0',
      Accept: '*/*',
      Authorization: `Bearer ${ADMIN_KEY}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    });

  test('can create, publish and consume in Python', async () => {
    const created = dataOf(await urllib('POST', '/v1/queue/create', '{"name": "jobs"}'));
    expect(created).toMatchObject({
      queue: 'jobs',
      type: 'standard',
      max_retries: expect.any(Number),
      visibility_timeout_default: expect.any(Number),
    });
    const body = '{"queue": "jobs", "payload": {"hello": "world"}}';
    const { message_id } = dataOf(await urllib('POST', '/v1/queue/publish', body));
    const wanted = '{"queue": "jobs", "max_messages": 1}';
    const { messages } = dataOf(await urllib('POST', '/v1/queue/consume', wanted));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ message_id, payload: { hello: 'world' } });
  });

  test('can run again, because create accepts an existing queue', async () => {
    dataOf(await urllib('POST', '/v1/queue/create', '{"name": "jobs"}'));
  });

  test('get failures as JSON in Python', async () => {
    errorOf(await urllib('POST', '/v1/queue/publish', '{"queue": "jobs"}'), 'INVALID_REQUEST');
    errorOf(await urllib('GET', '/v1/queue/get/nowhere'), 'QUEUE_NOT_FOUND');
  });

  test('can publish with curl and a priority to a queue without priorities', async () => {
    dataOf(await curl('POST', '/v1/queue/create', '{"name":"orders"}'));
    const body = '{"queue": "orders", "payload": {"order_id": "o_123"}, "priority": 5}';
    const { message_id } = dataOf(await curl('POST', '/v1/queue/publish', body));
    const consumed = dataOf(await curl('POST', '/v1/queue/consume', '{"queue": "orders"}'));
    expect(consumed.messages[0]).toMatchObject({ message_id, payload: { order_id: 'o_123' } });
  });

  test('can create, consume, ack and nack with curl and "..." as the names', async () => {
    dataOf(await curl('POST', '/v1/queue/create', '{"name": "..."}'));
    const consumed = dataOf(await curl('POST', '/v1/queue/consume', '{"queue": "..."}'));
    expect(consumed).toEqual({ messages: [] });
    const body = '{"queue": "...", "message_id": "..."}';
    const acked = dataOf(await curl('POST', '/v1/queue/ack', body));
    expect(acked).toEqual({ message_id: '...', acked: false });
    const nacked = dataOf(await curl('POST', '/v1/queue/nack', body));
    expect(nacked).toEqual({ message_id: '...', nacked: false, requeued: false });
  });

  test('can get, list and read stats with curl', async () => {
    dataOf(await curl('POST', '/v1/queue/create', '{"name": "QUEUE"}'));
    expect(dataOf(await curl('GET', '/v1/queue/get/QUEUE')).queue).toBe('QUEUE');
    expect(dataOf(await curl('GET', '/v1/queue/stats/QUEUE'))).toMatchObject({
      queue: 'QUEUE',
      available: 0,
      in_flight: 0,
      dlq: 0,
    });
    const { items } = dataOf(await curl('GET', '/v1/queue/list'));
    expect(items.map(({ queue }: { queue: string }) => queue)).toContain('QUEUE');
  });

  test('can send a GET with the type application/json and no body', async () => {
    dataOf(await urllib('GET', '/v1/queue/list'));
  });

  test('can send every optional parameter of the reference', async () => {
    dataOf(await curl('POST', '/v1/queue/create', '{"name":"dead"}'));
    const create =
      '{"name":"all","type":"standard","dead_letter_queue":"dead","max_retries":2,"message_retention_days":3,"visibility_timeout_default":45,"enable_priority":true,"idempotency_key":"c"}';
    dataOf(await curl('POST', '/v1/queue/create', create));
    const publish = '{"queue":"all","payload":{"a":1},"delay_seconds":0,"idempotency_key":"p"}';
    const { message_id } = dataOf(await curl('POST', '/v1/queue/publish', publish));
    const consume = '{"queue":"all","max_messages":5,"visibility_timeout":60}';
    dataOf(await curl('POST', '/v1/queue/consume', consume));
    const nack = `{"queue":"all","message_id":"${message_id}","requeue":true,"idempotency_key":"n"}`;
    expect(dataOf(await curl('POST', '/v1/queue/nack', nack)).requeued).toBe(true);
    dataOf(await curl('POST', '/v1/queue/consume', consume));
    const ack = `{"queue":"all","message_id":"${message_id}","idempotency_key":"a"}`;
    expect(dataOf(await curl('POST', '/v1/queue/ack', ack)).acked).toBe(true);
    dataOf(await curl('GET', '/v1/queue/list?limit=1'));
  });
});
