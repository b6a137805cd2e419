import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { moment, useServer } from '../use-server.js';

const BEGUN_MS = 40;

describe.each(STORE_FACTORIES)('a call in progress when its key ends on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;

  const newKey = async (fields: object = {}) =>
    dataOf(await running.call('POST', '/v1/account/keys/create', { scopes: ['admin'], ...fields }));
  const revoke = async (keyId: string) =>
    dataOf(await running.call('POST', `/v1/account/keys/revoke/${keyId}`));

  /** Sends a call except its last byte; `finish` sends that byte and returns the answer's text. */
  async function heldBack(path: string, body: object, key: string) {
    const socket = openSocket(running.url);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    const bytes = JSON.stringify(body);
    const head = requestHead('POST', path, {
      Authorization: `Bearer ${key}`,
      'Content-Length': bytes.length,
    });
    socket.write(head + bytes.slice(0, -1));
    await moment(BEGUN_MS);
    return async () => {
      const closed = once(socket, 'close');
      socket.write(bytes.slice(-1));
      socket.on('end', () => socket.end());
      await closed;
      return text;
    };
  }

  test('is refused with 401 if its last byte was held back', async () => {
    const { key, key_id } = await newKey();
    const finish = await heldBack('/v1/account/keys/create', { name: 'made too late' }, key);
    await revoke(key_id);
    expect(await finish()).toMatch(/^HTTP\/1\.1 401 [\s\S]*"UNAUTHENTICATED"/);
    const { items } = dataOf(await running.call('GET', '/v1/account/keys/list?limit=1000'));
    expect(items.map(({ name }: { name?: string }) => name)).not.toContain('made too late');
  });

  test('is refused with 401 if it is a publish whose body was still arriving', async () => {
    const queue = await client.newQueue();
    const { key, key_id } = await newKey();
    const finish = await heldBack('/v1/queue/publish', { queue, payload: 1 }, key);
    await revoke(key_id);
    expect(await finish()).toMatch(/^HTTP\/1\.1 401 /);
    expect(await client.stats(queue)).toMatchObject({ available: 0 });
  });

  test('is answered with 401 if it is a long poll and the key is revoked, and gets no later message', async () => {
    const queue = await client.newQueue();
    const { key, key_id } = await newKey();
    const waiting = client.with({ key }).post('consume', { queue, wait_seconds: 20 });
    await moment(BEGUN_MS);
    await revoke(key_id);
    errorOf(await waiting, 'UNAUTHENTICATED');
    await client.publish(queue);
    expect(await client.take(queue)).toMatchObject({ delivery_count: 1 });
  });

  test('is answered with 401 if it is a long poll and the key expires', async () => {
    const queue = await client.newQueue();
    const { key } = await newKey({ expires_at: clock.nowMs() + 5_000 });
    const waiting = client.with({ key }).post('consume', { queue, wait_seconds: 20 });
    await moment(BEGUN_MS);
    clock.advance(5_000);
    errorOf(await waiting, 'UNAUTHENTICATED');
  });

  test('has its messages released if it is a long poll with an idempotency key', async () => {
    const queue = await client.newQueue({ max_retries: 0 });
    const { key, key_id } = await newKey();
    const calls = Array.from({ length: 10 }, (_, n) =>
      client.with({ key }).post('consume', { queue, wait_seconds: 20, idempotency_key: `k${n}` }),
    );
    await moment(BEGUN_MS);
    const [, ...answers] = await Promise.all([
      revoke(key_id),
      ...calls,
      ...Array.from({ length: 10 }, (_, n) => client.publish(queue, n)),
    ]);
    const consumed = answers.slice(0, 10) as Awaited<(typeof calls)[number]>[];
    const leased = consumed.flatMap((answer) =>
      answer.status === 200 ? answer.body.data.messages : [],
    );
    for (const answer of consumed) expect([200, 401]).toContain(answer.status);
    // Messages that were not delivered are available, and none counts a failure.
    await client.expectStats(queue, { available: 10 - leased.length, in_flight: leased.length });
    expect(await client.stats(queue)).toMatchObject({ dlq: 0 });
  });
});
