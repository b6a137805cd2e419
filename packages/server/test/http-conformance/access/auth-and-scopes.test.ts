import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, type Json } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

/** The scopes that allow each call; manage and admin include other scopes. */
const OPENED_BY: Record<string, readonly string[]> = {
  'POST /v1/queue/publish': ['publish', 'manage', 'admin'],
  'POST /v1/queue/consume': ['consume', 'manage', 'admin'],
  'POST /v1/queue/ack': ['consume', 'manage', 'admin'],
  'POST /v1/queue/nack': ['consume', 'manage', 'admin'],
  'POST /v1/queue/extend': ['consume', 'manage', 'admin'],
  'GET /v1/queue/get/some-queue': ['consume', 'read', 'manage', 'admin'],
  'GET /v1/queue/stats/some-queue': ['consume', 'read', 'manage', 'admin'],
  'GET /v1/queue/list': ['read', 'manage', 'admin'],
  'POST /v1/queue/create': ['manage', 'admin'],
  'POST /v1/queue/publish_batch': ['publish', 'manage', 'admin'],
  'POST /v1/queue/ack_batch': ['consume', 'manage', 'admin'],
  'POST /v1/queue/nack_batch': ['consume', 'manage', 'admin'],
  'GET /v1/queue/peek/some-queue': ['read', 'manage', 'admin'],
  'GET /v1/queue/message/some-queue/m': ['read', 'manage', 'admin'],
  'GET /v1/queue/dlq/list/some-queue': ['read', 'manage', 'admin'],
  'POST /v1/queue/dlq/redrive/some-queue': ['manage', 'admin'],
  'POST /v1/queue/dlq/purge/some-queue': ['manage', 'admin'],
  'PATCH /v1/queue/update/some-queue': ['manage', 'admin'],
  'DELETE /v1/queue/delete/some-queue': ['manage', 'admin'],
  'POST /v1/queue/purge/some-queue': ['manage', 'admin'],
  'POST /v1/queue/push_subscribe/some-queue': ['manage', 'admin'],
  'GET /v1/queue/push_subscriptions/some-queue': ['read', 'manage', 'admin'],
  'DELETE /v1/queue/push_subscribe/some-queue/s': ['manage', 'admin'],
  'POST /v1/queue/push_subscribe/some-queue/s/pause': ['manage', 'admin'],
  'POST /v1/queue/push_subscribe/some-queue/s/resume': ['manage', 'admin'],
  'POST /v1/queue/push_subscribe/some-queue/s/test': ['manage', 'admin'],
  'GET /v1/queue/push_subscribe/some-queue/s/deliveries': ['read', 'manage', 'admin'],
  'POST /v1/account/keys/create': ['admin'],
  'GET /v1/account/keys/list': ['admin'],
  'POST /v1/account/keys/revoke/some-key': ['admin'],
  'GET /v1/account/whoami': ['publish', 'consume', 'read', 'manage', 'metrics', 'admin'],
  'GET /v1/account/audit': ['admin'],
  'GET /metrics': ['metrics', 'admin'],
};
const SCOPES = ['publish', 'consume', 'read', 'manage', 'metrics', 'admin'];

describe.each(STORE_FACTORIES)('keys and scopes on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const makeKey = async (fields: object): Promise<Json> =>
    dataOf(await running.call('POST', '/v1/account/keys/create', fields));
  const listWith = (authorization: string) =>
    client.with({ key: null, headers: { authorization } }).get('list');

  test.each([
    ['an empty value', ''],
    ['no scheme', ADMIN_KEY],
    ['a scheme alone', 'Bearer'],
    ['a scheme and spaces', 'Bearer    '],
    ['another scheme', `Basic ${Buffer.from(`x:${ADMIN_KEY}`).toString('base64')}`],
    ['two keys', `Bearer ${ADMIN_KEY} ${ADMIN_KEY}`],
    ['a key with something before it', `Bearer x${ADMIN_KEY}`],
    ['a key with something behind it', `Bearer ${ADMIN_KEY}x`],
    ['an unknown key', 'Bearer ifr_0000000000000000000000000000000'],
    ['a very long key', `Bearer ${'x'.repeat(8_000)}`],
    ['a key in upper case', `Bearer ${ADMIN_KEY.toUpperCase()}`],
    ['letters beyond ASCII', 'Bearer ifr_\u00e9\u00ff'],
  ])(
    'an Authorization header with %s is refused as UNAUTHENTICATED',
    async (_what, authorization) => {
      errorOf(await listWith(authorization), 'UNAUTHENTICATED');
    },
  );

  test('a call without an Authorization header is refused as UNAUTHENTICATED', async () => {
    errorOf(await client.with({ key: null }).get('list'), 'UNAUTHENTICATED');
  });

  test('a key in the query string or in the body is refused as UNAUTHENTICATED', async () => {
    const nobody = client.with({ key: null });
    errorOf(await nobody.get(`list?key=${ADMIN_KEY}&api_key=${ADMIN_KEY}`), 'UNAUTHENTICATED');
    errorOf(await nobody.post('create', { name: 'a', key: ADMIN_KEY }), 'UNAUTHENTICATED');
  });

  test('a revoked key is refused as UNAUTHENTICATED, even right after it was used', async () => {
    const { key, key_id } = await makeKey({ scopes: ['read'] });
    dataOf(await client.with({ key }).get('list'));
    dataOf(await running.call('POST', `/v1/account/keys/revoke/${key_id}`));
    // A revocation takes effect within 5 s.
    clock.advance(5_000);
    errorOf(await client.with({ key }).get('list'), 'UNAUTHENTICATED');
  });

  test('a key is refused as UNAUTHENTICATED from its expires_at on', async () => {
    const expires_at = new Date(clock.nowMs() + 60_000).toISOString();
    const { key } = await makeKey({ scopes: ['read'], expires_at });
    clock.advance(59_999);
    dataOf(await client.with({ key }).get('list'));
    clock.advance(1);
    errorOf(await client.with({ key }).get('list'), 'UNAUTHENTICATED');
  });

  test('a key that is created after an unknown key was refused works', async () => {
    errorOf(await listWith('Bearer ifr_not-yet-known-to-anybody'), 'UNAUTHENTICATED');
    const { key } = await makeKey({});
    dataOf(await client.with({ key }).get('list'));
  });

  test('a client without a key gets the 401 even when it sends a large body', async () => {
    const body = 'x'.repeat(500_000);
    const head = requestHead('POST', '/v1/queue/publish', { 'Content-Length': body.length });
    const answer = await exchange(running.url, [head, body]);
    expect(answer?.status).toBe(401);
  });

  describe.each(SCOPES)('a key with the scope %s', (scope) => {
    test.each(Object.entries(OPENED_BY))(
      'may call %s only if the scope allows it',
      async (call, openedBy) => {
        const { key } = await makeKey({ scopes: [scope] });
        const [method = '', path = ''] = call.split(' ');
        const body = method === 'POST' ? {} : undefined;
        const answer = await running.call(method, path, body, { key });
        if (openedBy.includes(scope)) {
          // The scope allows the call; its fields or the missing queue decide the answer.
          expect(answer.body?.error?.code).not.toBe('SCOPE_MISSING');
          expect([200, 400, 404]).toContain(answer.status);
        } else {
          errorOf(answer, 'SCOPE_MISSING');
        }
      },
    );
  });

  test('a key with two scopes may make the calls of both, and no others', async () => {
    const { key } = await makeKey({ scopes: ['publish', 'read'] });
    const both = client.with({ key });
    const queue = await client.newQueue();
    await both.publish(queue);
    expect((await both.stats(queue)).available).toBe(1);
    errorOf(await both.post('consume', { queue }), 'SCOPE_MISSING');
  });

  test('the configured key may make every call', async () => {
    for (const call of Object.keys(OPENED_BY)) {
      const [method = '', path = ''] = call.split(' ');
      const answer = await running.call(method, path, method === 'POST' ? {} : undefined);
      expect([200, 400, 404], call).toContain(answer.status);
    }
  });

  describe('projects', () => {
    const keyOf = async (project: string) => (await makeKey({ project })).key as string;

    test('a queue of another project is answered exactly like a queue that does not exist', async () => {
      const key = await keyOf('other');
      const other = client.with({ key });
      const queue = await client.newQueue();
      const id = await client.publish(queue);
      const { receipt } = await client.take(queue);
      const calls = (name: string) => [
        other.get(`get/${name}`),
        other.get(`stats/${name}`),
        other.post('publish', { queue: name, payload: 1 }),
        other.post('consume', { queue: name }),
        other.ack(name, id, { receipt }),
        other.nack(name, id, { receipt }),
        other.extend(name, id, 60, { receipt }),
        other.post('publish_batch', { queue: name, messages: [{ payload: 1 }] }),
        other.post('ack_batch', { queue: name, messages: [{ message_id: id, receipt }] }),
        other.post('nack_batch', { queue: name, messages: [{ message_id: id, receipt }] }),
        other.get(`peek/${name}`),
        other.get(`message/${name}/${id}`),
        other.get(`dlq/list/${name}`),
        other.post(`dlq/redrive/${name}`, {}),
        other.post(`dlq/purge/${name}`, {}),
        other.post(`purge/${name}`, {}),
        ...(['PATCH /v1/queue/update', 'DELETE /v1/queue/delete'] as const).map((call) => {
          const [method = '', path = ''] = call.split(' ');
          return running.call(method, `${path}/${name}`, undefined, { key });
        }),
        other.post('create', { name: `dlq-of-${name}`, dead_letter_queue: name }),
      ];
      const there = await Promise.all(calls(queue));
      const absent = await Promise.all(calls('absent'));
      for (const [index, answer] of there.entries()) {
        const error = JSON.stringify([answer.body.error, answer.body.data]).replaceAll(
          queue,
          'NAME',
        );
        const { error: otherError, data } = absent[index]?.body ?? {};
        const expected = JSON.stringify([otherError, data]).replaceAll('absent', 'NAME');
        expect(error).toBe(expected);
        expect(answer.status).toBe(absent[index]?.status);
      }
      expect(await client.stats(queue)).toMatchObject({ in_flight: 1, available: 0 });
    });

    test('two projects can each have a queue of the same name with its own messages', async () => {
      const other = client.with({ key: await keyOf('twin') });
      const queue = await client.newQueue({ max_retries: 1 });
      dataOf(await other.post('create', { name: queue, max_retries: 2 }));
      await client.publish(queue, 'ours');
      await other.publish(queue, 'theirs');
      expect((await client.take(queue)).payload).toBe('ours');
      expect((await other.take(queue)).payload).toBe('theirs');
    });

    test('list shows only the queues of the project of the key', async () => {
      const other = client.with({ key: await keyOf('lister') });
      await client.newQueue();
      expect(dataOf(await other.get('list'))).toEqual({ items: [] });
    });

    test('a message of another project cannot be acked with its id and receipt', async () => {
      const other = client.with({ key: await keyOf('thief') });
      const queue = await client.newQueue();
      dataOf(await other.post('create', { name: queue }));
      const id = await client.publish(queue);
      const { receipt } = await client.take(queue);
      expect(dataOf(await other.ack(queue, id, { receipt })).acked).toBe(false);
      expect(dataOf(await client.ack(queue, id, { receipt })).acked).toBe(true);
    });
  });
});
