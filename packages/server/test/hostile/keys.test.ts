import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Json } from '../harness/http-server.js';
import { exchange, openSocket, requestHead } from '../harness/raw-http.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { moment, useServer } from '../http-conformance/use-server.js';

/** A revocation is in force everywhere after this time. */
const REVOKED_WITHIN_MS = 5_000;

describe.each(STORE_FACTORIES)('keys of attackers on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;

  const newKey = async (fields: object): Promise<Json> =>
    (await running.call('POST', '/v1/account/keys/create', fields)).body.data;
  const revoke = async (keyId: string): Promise<void> => {
    const answer = await running.call('POST', `/v1/account/keys/revoke/${keyId}`);
    expect(answer.status, answer.text).toBe(200);
    running.clock.advance(REVOKED_WITHIN_MS);
  };
  /** Begins a request and keeps its last byte back; `finish` sends it. */
  const begin = (path: string, key: string, body: string) => {
    const socket = openSocket(running.url);
    const head = requestHead('POST', path, {
      Authorization: `Bearer ${key}`,
      'Content-Length': body.length,
    });
    let text = '';
    const answered = new Promise<string>((resolve) => {
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
      socket.once('close', () => resolve(text));
    });
    socket.write(head + body.slice(0, -1));
    return {
      finish(): Promise<string> {
        socket.write(body.slice(-1));
        return answered;
      },
    };
  };

  test('a key that is revoked while its request arrives creates no other key', async () => {
    const { key, key_id } = await newKey({ scopes: ['admin'] });
    const body = '{"name":"heir","scopes":["admin"]}';
    const request = begin('/v1/account/keys/create', key, body);
    await moment(100);
    await revoke(key_id);
    expect(await request.finish()).toMatch(/^HTTP\/1\.1 401 /);
    const keys = await running.call('GET', '/v1/account/keys/list?limit=1000');
    expect(keys.body.data.items.filter(({ name }: Json) => name === 'heir')).toEqual([]);
  });

  test('a key that is revoked during a long poll gets no message', async () => {
    const queue = await client.newQueue();
    const { key, key_id } = await newKey({ scopes: ['consume'] });
    const poll = begin('/v1/queue/consume', key, `{"queue":"${queue}","wait_seconds":20}`).finish();
    await moment(100);
    await revoke(key_id);
    await client.publish(queue, 'secret');
    expect(await poll).toMatch(/^HTTP\/1\.1 401 /);
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
    expect((await client.take(queue)).delivery_count).toBe(1);
  });

  test('a key that expires during a long poll gets no message', async () => {
    const queue = await client.newQueue();
    const expiresAt = new Date(running.clock.nowMs() + 1_000).toISOString();
    const { key } = await newKey({ scopes: ['consume'], expires_at: expiresAt });
    const poll = begin('/v1/queue/consume', key, `{"queue":"${queue}","wait_seconds":20}`).finish();
    await moment(100);
    running.clock.advance(REVOKED_WITHIN_MS);
    await client.publish(queue, 'secret');
    expect(await poll).toMatch(/^HTTP\/1\.1 401 /);
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
  });

  test('a valid key works beside floods of unknown keys from the same address', async () => {
    const { key } = await newKey({ scopes: ['manage'] });
    const unknown = Array.from({ length: 200 }, () =>
      running.call('GET', '/v1/queue/list', undefined, {
        key: `ifr_${randomBytes(24).toString('base64url')}`,
      }),
    );
    for (const { status } of await Promise.all(unknown)) expect([401, 429]).toContain(status);
    const answer = await running.call('GET', '/v1/queue/list', undefined, { key });
    expect(answer.status, answer.text).toBe(200);
  });

  // About 0.3 s each, 45 s in all, if the time grew with the square of the length.
  test("spaces in a key's header cost no more time than other bytes", async () => {
    const timeOf = async (byte: string): Promise<number> => {
      const head = requestHead('GET', '/v1/queue/list', {
        Authorization: `Bearer ${byte.repeat(15_500)}\xa0`,
      });
      const startedAtMs = performance.now();
      for (let n = 0; n < 150; n += 1) {
        const answer = await exchange(running.url, [Buffer.from(head, 'latin1')]);
        expect([400, 401, 429, 431]).toContain(answer?.status);
      }
      return performance.now() - startedAtMs;
    };
    const othersMs = await timeOf('x');
    expect(await timeOf(' ')).toBeLessThan(3 * othersMs + 10_000);
  }, 240_000);
});
