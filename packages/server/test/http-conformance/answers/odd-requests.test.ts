import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { dataOf, errorOf, expectRefusedField, replayOf } from './expect-answer.js';

/** These cases were found by a tester who had not seen the code. */
describe.each(STORE_FACTORIES)('unusual requests on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const raw = (text: string) => exchange(running.url, [text]);
  const KEY = { Authorization: `Bearer ${ADMIN_KEY}` };

  test('an unknown Expect header is ignored', async () => {
    const body = '{"name":"expected"}';
    const head = requestHead('POST', '/v1/queue/create', {
      ...KEY,
      Expect: 'the unexpected',
      'Content-Length': body.length,
    });
    expect((await raw(head + body))?.body).toMatchObject({ ok: true, data: { queue: 'expected' } });
  });

  test('a request without a Host header is refused with an envelope', async () => {
    const answer = await raw(
      `GET /v1/queue/list HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`,
    );
    expect(answer?.headers.get('x-request-id')).toMatch(/-7/);
    expect(errorOf(answer as NonNullable<typeof answer>, 'INVALID_REQUEST').message).toMatch(
      /Host/,
    );
  });

  test('CONNECT is refused as METHOD_NOT_ALLOWED', async () => {
    const answer = await raw('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n');
    errorOf(answer as NonNullable<typeof answer>, 'METHOD_NOT_ALLOWED');
  });

  test.each(['json', 'text/plain', ';'])(
    'the media type %s is checked after the size, and only when there is a body',
    async (type) => {
      const headers = { 'content-type': type };
      const body = `{"name":"${'x'.repeat(140 * 1024)}"}`;
      errorOf(
        await running.call('POST', '/v1/queue/create', body, { headers }),
        'PAYLOAD_TOO_LARGE',
      );
      errorOf(
        await running.call('POST', '/v1/queue/create', '{"name":"x"}', { headers }),
        'UNSUPPORTED_MEDIA_TYPE',
      );
      const queue = await client.newQueue();
      dataOf(await running.call('POST', `/v1/queue/purge/${queue}`, undefined, { headers }));
      dataOf(await running.call('DELETE', `/v1/queue/delete/${queue}`, undefined, { headers }));
    },
  );

  test('a body with another transfer coding beside chunked is refused', async () => {
    const head = requestHead('POST', '/v1/queue/create', {
      ...KEY,
      'Transfer-Encoding': 'gzip, chunked',
    });
    const answer = await raw(`${head}c\r\n{"name":"gz"}\r\n0\r\n\r\n`);
    expect([400, 415]).toContain(answer?.status);
  });

  test('lone surrogates are refused in headers, message ids and receipts', async () => {
    const queue = await client.newQueue();
    const send = (call: string, fields: string) =>
      client.post(call, `{"queue":"${queue}",${fields}}`);
    const headers = await send('publish', '"payload":1,"headers":{"a":"\\ud800"}');
    expectRefusedField(headers, 'headers');
    expectRefusedField(await send('publish', '"payload":1,"headers":{"\\udfff":"a"}'), 'headers');
    expectRefusedField(await send('publish', '"payload":1,"headers":{"a\\nb":5}'), 'headers');
    expectRefusedField(await send('ack', '"message_id":"\\ud800"'), 'message_id');
    expectRefusedField(await send('ack', '"message_id":"a","receipt":"\\ud800"'), 'receipt');
    expect(await client.stats(queue)).toMatchObject({ available: 0 });
  });

  test.each([
    ['ack_batch', '"receipt":null'],
    ['ack_batch', '"payload":{"sent":"back"}'],
    ['nack_batch', '"error":null'],
    ['nack_batch', '"requeue":null,"colour":1'],
  ])('%s is the same request with %s in an entry', async (call, more) => {
    const queue = await client.newQueue();
    const body = (entry: string) =>
      `{"queue":"${queue}","idempotency_key":"same","messages":[{"message_id":"m"${entry}}]}`;
    const first = dataOf(await client.post(call, body('')));
    expect(replayOf(await client.post(call, body(`,${more}`)))).toEqual(first);
    errorOf(await client.post(call, body(',"receipt":"r"')), 'IDEMPOTENCY_KEY_REUSED');
  });

  test('a retry replays its answer even if its path is percent-encoded differently', async () => {
    const queue = await client.newQueue();
    const encoded = `%${queue.charCodeAt(0).toString(16)}${queue.slice(1)}`;
    const body = { idempotency_key: 'once' };
    dataOf(await client.post(`purge/${queue}`, body));
    replayOf(await client.post(`purge/${encoded}`, body));
  });

  test('an idempotency key beyond ASCII is the same in the header and in the body', async () => {
    const queue = await client.newQueue();
    const first = dataOf(
      await client.post('publish', { queue, payload: 1, idempotency_key: 'clé' }),
    );
    const headers = { 'idempotency-key': Buffer.from('clé').toString('latin1') };
    expect(replayOf(await client.post('publish', { queue, payload: 1 }, { headers }))).toEqual(
      first,
    );
  });

  const cursorOf = (text: string) => Buffer.from(text).toString('base64url');
  test.each([
    ['peek', 'available 9999999999999999 1 '],
    ['peek', 'available 99999 1 '],
    ['peek', 'available 1 1 ------------------------------------'],
    ['dlq/list', 'dead 1 1 ------------------------------------'],
    ['dlq/list', 'available 1 1 '],
  ])('%s does not answer a server error to a cursor that contains %j', async (call, text) => {
    const queue = await client.newQueue();
    const answer = await client.get(`${call}/${queue}?cursor=${cursorOf(text)}`);
    if (answer.status !== 200) expectRefusedField(answer, 'cursor');
  });

  test.each(['list', '../account/keys/list'])(
    '%s refuses a cursor of another call',
    async (call) => {
      expectRefusedField(await client.get(`${call}?cursor=${cursorOf('dead 1 1 ')}`), 'cursor');
    },
  );

  test.each([0.2, 0.0004, 0.999])(
    'extend refuses a visibility_timeout of %s seconds',
    async (seconds) => {
      const queue = await client.newQueue();
      await client.publish(queue);
      const { message_id, receipt } = await client.take(queue);
      expectRefusedField(
        await client.extend(queue, message_id, seconds, { receipt }),
        'visibility_timeout',
      );
      expect(await client.stats(queue)).toMatchObject({ in_flight: 1 });
    },
  );

  test('a long poll ends with 404 when its queue is deleted', async () => {
    const queue = await client.newQueue();
    const waiting = Array.from({ length: 3 }, () =>
      client.post('consume', { queue, wait_seconds: 20 }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    dataOf(await running.call('DELETE', `/v1/queue/delete/${queue}`));
    // The server's clock stands still, so no wait ends by itself.
    for (const answer of await Promise.all(waiting)) errorOf(answer, 'QUEUE_NOT_FOUND');
  });
});
