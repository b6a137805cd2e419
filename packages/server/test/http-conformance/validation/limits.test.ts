import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe.each(STORE_FACTORIES)('limits on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const publishText = (queue: string, payload: string, more = '') =>
    client.post('publish', `{"queue":"${queue}","payload":${payload}${more}}`);

  test.each([
    ['publish', { delay_seconds: 0 }],
    ['publish', { delay_seconds: 604_800 }],
    ['publish', { delay_seconds: 0.001 }],
    ['publish', { priority: 0 }],
    ['publish', { priority: 9 }],
    ['publish', { message_group_id: 'g', deduplication_id: 'd' }],
    ['publish', { message_group_id: 'g'.repeat(256), deduplication_id: 'd'.repeat(256) }],
    ['publish', { idempotency_key: 'k' }],
    ['publish', { idempotency_key: 'k'.repeat(256) }],
    ['publish', { headers: {} }],
    ['consume', { max_messages: 1 }],
    ['consume', { max_messages: 1_000 }],
    ['consume', { visibility_timeout: 1 }],
    ['consume', { visibility_timeout: 43_200 }],
    ['consume', { visibility_timeout: 1.001 }],
    ['consume', { wait_seconds: 0 }],
  ])('%s accepts %o', async (call, fields) => {
    const queue = await client.newQueue();
    dataOf(await client.post(call, { queue, payload: 1, ...fields }));
  });

  test('a wait of 20 seconds is accepted', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    dataOf(await client.post('consume', { queue, wait_seconds: 20 }));
  });

  test.each([
    { message_retention_days: 1 },
    { message_retention_days: 30 },
    { visibility_timeout_default: 1 },
    { visibility_timeout_default: 43_200 },
    { max_retries: 0 },
    { max_retries: 1_000 },
    { max_expired_leases: 0 },
    { max_expired_leases: 100_000 },
  ])('create accepts %o', async (settings) => {
    const name = await client.newQueue(settings);
    expect(dataOf(await client.get(`get/${name}`))).toMatchObject(settings);
  });

  test('an idempotency key is limited to 256 characters of any script, not bytes', async () => {
    const queue = await client.newQueue();
    const fill = (idempotency_key: string) =>
      client.post('publish', { queue, payload: 1, idempotency_key });
    dataOf(await fill('é'.repeat(256)));
    dataOf(await fill('😀'.repeat(256)));
    expectRefusedField(await fill('😀'.repeat(257)), 'idempotency_key');
  });

  test('an idempotency key in the header is limited to 256 characters', async () => {
    const queue = await client.newQueue();
    const fill = (key: string) =>
      client.post('publish', { queue, payload: 1 }, { headers: { 'idempotency-key': key } });
    dataOf(await fill('k'.repeat(256)));
    expectRefusedField(await fill('k'.repeat(257)), 'idempotency_key');
  });

  test('a field that stands in the query twice is refused, and named', async () => {
    const answer = await running.call('GET', '/v1/queue/list?include=stats&include=activity');
    expect(errorOf(answer, 'INVALID_REQUEST').message).toBe('include must be given once');
  });

  test('list accepts a limit of 1 and of 1,000 in the query', async () => {
    expect(dataOf(await client.get('list?limit=1')).items).toHaveLength(1);
    dataOf(await client.get('list?limit=1000'));
  });

  describe('a payload', () => {
    test('of exactly 1 MiB is accepted and returned unchanged', async () => {
      const queue = await client.newQueue();
      const text = `"${'x'.repeat(MIB - 2)}"`;
      dataOf(await publishText(queue, text));
      const answer = await client.post('consume', { queue });
      expect(answer.text).toContain(`"payload":${text},`);
    });

    test('of 1 MiB and one byte is refused, and the refusal names it', async () => {
      const queue = await client.newQueue();
      const answer = await publishText(queue, `"${'x'.repeat(MIB - 1)}"`);
      expect(errorOf(answer, 'PAYLOAD_TOO_LARGE').details[0].path).toBe('/payload');
      expect((await client.stats(queue)).available).toBe(0);
    });

    test('is measured in bytes of its JSON text, including white space', async () => {
      const queue = await client.newQueue();
      const snowmen = Math.floor((MIB - 2) / 3);
      dataOf(await publishText(queue, `"${'☃'.repeat(snowmen)}"`));
      errorOf(await publishText(queue, `"${'☃'.repeat(snowmen + 1)}"`), 'PAYLOAD_TOO_LARGE');
      const spaced = `[${' '.repeat(MIB - 2)}]`;
      dataOf(await publishText(queue, spaced));
      errorOf(await publishText(queue, spaced.replace(' ', '  ')), 'PAYLOAD_TOO_LARGE');
    });

    test('of the full size is accepted with headers of the full size and long ids', async () => {
      const queue = await client.newQueue();
      const more = {
        headers: { a: '\u0001'.repeat(1_300) },
        idempotency_key: '😀'.repeat(256),
        message_group_id: 'g'.repeat(256),
      };
      await client.publish(queue, 'x'.repeat(MIB - 2), more);
    });

    test('that is too large leaves its idempotency key free', async () => {
      const queue = await client.newQueue();
      const key = ',"idempotency_key":"k"';
      errorOf(await publishText(queue, `"${'x'.repeat(MIB)}"`, key), 'PAYLOAD_TOO_LARGE');
      dataOf(await publishText(queue, '"small"', key));
    });
  });

  test('a body of 64 MiB is refused or cut off, and the server stays healthy', async () => {
    const body = Buffer.alloc(64 * MIB, 'x');
    // The server may close the connection of a client that keeps sending.
    const answer = await client.post('publish', body).catch(() => undefined);
    if (answer !== undefined) errorOf(answer, 'PAYLOAD_TOO_LARGE');
    expect((await running.call('GET', '/healthz')).status).toBe(200);
  });

  test('a body sent in chunks has the same size limit', async () => {
    const chunk = Buffer.alloc(64 * KIB, ' ');
    const chunks = async function* () {
      for (let sent = 0; sent < 3 * MIB; sent += chunk.length) yield chunk;
    };
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: chunks() as unknown as NonNullable<RequestInit['body']>,
      duplex: 'half',
    };
    const status = await fetch(`${running.url}/v1/queue/publish`, init).then(
      (response) => response.status,
      () => 'closed',
    );
    expect([413, 'closed']).toContain(status);
  });

  describe('headers of a message', () => {
    const headersOf = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

    test('of exactly 8 KiB are accepted and returned unchanged', async () => {
      const queue = await client.newQueue();
      const headers = headersOf(8 * KIB);
      await client.publish(queue, 1, { headers });
      expect((await client.take(queue)).headers).toEqual(headers);
    });

    test('of 8 KiB and one byte are refused, and the refusal names them', async () => {
      const queue = await client.newQueue();
      const body = { queue, payload: 1, headers: headersOf(8 * KIB + 1) };
      expectRefusedField(await client.post('publish', body), 'headers');
    });
  });

  describe('an answer with messages', () => {
    test('stops at 16 MiB whatever max_messages is, and the rest stays available', async () => {
      const queue = await client.newQueue();
      for (let n = 0; n < 18; n += 1) await client.publish(queue, 'x'.repeat(MIB - 2));
      const answer = await client.post('consume', { queue, max_messages: 1_000 });
      const { messages } = dataOf(answer);
      expect(messages.length).toBeGreaterThanOrEqual(15);
      const stats = await client.stats(queue);
      expect(stats).toMatchObject({ in_flight: messages.length, available: 18 - messages.length });
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * MIB);
    });

    test('counts headers towards its 16 MiB', async () => {
      const queue = await client.newQueue();
      const headers = { a: '\u0001'.repeat(1_300) };
      const payload = 'x'.repeat(16 * KIB);
      for (let batch = 0; batch < 10; batch += 1) {
        await Promise.all(
          Array.from({ length: 90 }, () => client.publish(queue, payload, { headers })),
        );
      }
      const answer = await client.post('consume', { queue, max_messages: 1_000 });
      expect(dataOf(answer).messages.length).toBeGreaterThan(100);
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * MIB);
    });
  });
});
