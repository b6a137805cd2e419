import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, type Json } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { ODD_NAMES } from '../validation/field-cases.js';
import {
  dataOf,
  errorOf,
  expectNoWarnings,
  expectRefusedField,
  replayOf,
} from './expect-answer.js';

const CALLS = [
  'publish',
  'publish_batch',
  'consume',
  'ack',
  'nack',
  'extend',
  'ack_batch',
  'nack_batch',
] as const;
/** The fields that each call needs beside its queue. */
const FIELDS: Record<(typeof CALLS)[number], Json> = {
  publish: { payload: { n: 1 } },
  publish_batch: { messages: [{ payload: 1 }] },
  consume: {},
  ack: { message_id: 'm' },
  nack: { message_id: 'm' },
  extend: { message_id: 'm', visibility_timeout: 5 },
  ack_batch: { messages: [{ message_id: 'm' }] },
  nack_batch: { messages: [{ message_id: 'm' }] },
};

describe.each(STORE_FACTORIES)('the queue in the path on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const raw = async (method: string, path: string, headers = {}, body = '') => {
    const head = requestHead(method, path, { Authorization: `Bearer ${ADMIN_KEY}`, ...headers });
    const answer = await exchange(running.url, [head, body]);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };

  test('works for publish, consume, extend, nack, ack and their batches', async () => {
    const queue = await client.newQueue();
    const post = async (call: string, body: object) =>
      dataOf(await client.post(`${call}/${queue}`, body));
    const { message_id } = await post('publish', { payload: { a: 1 } });
    const [first] = (await post('consume', { max_messages: 1 })).messages;
    expect(first).toMatchObject({ message_id, queue, payload: { a: 1 } });
    const { receipt } = first;
    const extended = await post('extend', { message_id, receipt, visibility_timeout: 60 });
    expect(extended.extended).toBe(true);
    expect(await post('nack', { message_id, receipt })).toMatchObject({ requeued: true });
    const [second] = (await post('consume', {})).messages;
    expect(await post('ack', { message_id, receipt: second.receipt })).toMatchObject({
      acked: true,
    });
    const { message_ids } = await post('publish_batch', { messages: [{ payload: 1 }] });
    await post('consume', {});
    const messages = [{ message_id: message_ids[0] }];
    expect((await post('nack_batch', { messages })).results).toMatchObject([{ nacked: true }]);
    await post('consume', {});
    expect((await post('ack_batch', { messages })).results).toMatchObject([{ acked: true }]);
    expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 0, delayed: 0 });
  });

  test('lets consume do without a body, a media type and a length', async () => {
    const queue = await client.newQueue();
    for (const headers of [{}, { 'Content-Length': 0 }, { 'Content-Type': 'application/json' }]) {
      const message_id = await client.publish(queue);
      const data = dataOf(await raw('POST', `/v1/queue/consume/${queue}`, headers));
      expect(data.messages).toMatchObject([{ message_id }]);
    }
  });

  test.each(CALLS)('of %s is percent-decoded and validated', async (call) => {
    const queue = await client.newQueue();
    const encoded = [...queue].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');
    dataOf(await client.post(`${call}/${encoded}`, FIELDS[call]));
    for (const name of ODD_NAMES.filter((odd) => odd !== '\ud800')) {
      const answer = await client.post(`${call}/${encodeURIComponent(name)}`, FIELDS[call]);
      expectRefusedField(answer, 'queue', name);
    }
  });

  test.each(CALLS)('of %s must agree with a queue in the body', async (call) => {
    const queue = await client.newQueue();
    for (const other of ['another', 5, '', `${queue} `]) {
      const answer = await client.post(`${call}/${queue}`, { ...FIELDS[call], queue: other });
      expectRefusedField(answer, 'queue', String(other));
    }
    for (const same of [queue, null]) {
      const answer = await client.post(`${call}/${queue}`, { ...FIELDS[call], queue: same });
      dataOf(answer);
      expectNoWarnings(answer);
    }
  });

  test.each(CALLS)(
    'of %s makes the same request under an idempotency key as a queue in the body',
    async (call) => {
      const queue = await client.newQueue();
      if (call === 'consume') await client.publish(queue);
      const body = { ...FIELDS[call], idempotency_key: 'k' };
      const first = dataOf(await client.post(call, { ...body, queue }));
      expect(replayOf(await client.post(`${call}/${queue}`, body))).toEqual(first);
      const key = { headers: { 'idempotency-key': 'header' } };
      if (call === 'consume') await client.publish(queue);
      const second = dataOf(await client.post(`${call}/${queue}`, FIELDS[call], key));
      expect(replayOf(await client.post(call, { ...FIELDS[call], queue }, key))).toEqual(second);
    },
  );

  test.each(CALLS)('of %s answers 404 if the queue is unknown', async (call) => {
    errorOf(await client.post(`${call}/nowhere`, FIELDS[call]), 'QUEUE_NOT_FOUND');
  });

  test.each(CALLS.filter((call) => call !== 'consume'))(
    'of %s does not replace the other required fields',
    async (call) => {
      const { details } = errorOf(await raw('POST', `/v1/queue/${call}/q`), 'INVALID_REQUEST');
      const paths = details.map(({ path }: Json) => path);
      expect(paths).toEqual(Object.keys(FIELDS[call]).map((name) => `/${name}`));
    },
  );

  test.each(CALLS)('of %s answers 405 to other methods', async (call) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await running.call(method, `/v1/queue/${call}/some-queue`);
      errorOf(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.get('allow')).toBe('POST');
    }
    errorOf(await client.post(`${call}/some-queue/more`, {}), 'ROUTE_NOT_FOUND');
  });

  test.each(CALLS)('of %s needs the same scope as a queue in the body', async (call) => {
    const scope = call.startsWith('publish') ? 'publish' : 'consume';
    const other = scope === 'publish' ? 'consume' : 'publish';
    const queue = await client.newQueue();
    const keyWith = async (name: string): Promise<string> =>
      dataOf(await running.call('POST', '/v1/account/keys/create', { scopes: [name] })).key;
    const as = async (name: string) =>
      client.post(`${call}/${queue}`, FIELDS[call], { key: await keyWith(name) });
    errorOf(await as(other), 'SCOPE_MISSING');
    dataOf(await as(scope));
    errorOf(await client.post(`${call}/${queue}`, {}, { key: null }), 'UNAUTHENTICATED');
  });

  test.each(CALLS)('of %s works with a large body', async (call) => {
    const queue = await client.newQueue();
    const filling = 'x'.repeat(80 * 1024);
    dataOf(await client.post(`${call}/${queue}`, { ...FIELDS[call], filling }));
    const other = { ...FIELDS[call], filling, queue: 'another' };
    expectRefusedField(await client.post(`${call}/${queue}`, other), 'queue');
  });

  test('is counted by the metrics as the same call', async () => {
    const queue = await client.newQueue();
    const counted = async () => {
      const { text } = await running.call('GET', '/metrics');
      const lines = text.split('\n').filter((line) => line.startsWith('millrace_requests_total{'));
      const mine = lines.filter((line) => line.includes('queue.extend'));
      return mine.map((line) => Number(line.split(' ').at(-1))).reduce((a, b) => a + b, 0);
    };
    const before = await counted();
    await client.post('extend', { ...FIELDS.extend, queue });
    await client.post(`extend/${queue}`, FIELDS.extend);
    expect(await counted()).toBe(before + 2);
  });
});
