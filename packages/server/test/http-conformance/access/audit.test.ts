import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import {
  dataOf,
  errorOf,
  expectRefusedField,
  ISO_MILLISECONDS,
  UUID_V7,
} from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('the audit log on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const audit = (query = '') => running.call('GET', `/v1/account/audit${query}`);
  const entries = async (): Promise<Json[]> => dataOf(await audit('?limit=1000')).items;
  const makeKey = async (fields: object): Promise<Json> =>
    dataOf(await running.call('POST', '/v1/account/keys/create', fields));
  /** Lets time pass between tests, so that no test depends on the time at which another ended. */
  const later = () => clock.advance(60_000);

  test('records the key, the address, the target and the request of a call', async () => {
    const { key, key_id } = await makeKey({ project: 'shop', scopes: ['manage'] });
    const shop = client.with({ key });
    later();
    const answer = await shop.post('create', { name: 'orders' });
    dataOf(answer);
    const [entry] = await entries();
    expect(entry).toEqual({
      at: new Date(clock.nowMs()).toISOString(),
      action: 'queue.create',
      outcome: 'done',
      key_id,
      project: 'shop',
      target: 'orders',
      address: '127.0.0.1',
      request_id: answer.body.metadata.request_id,
      count: 1,
    });
    expect(entry.at).toMatch(ISO_MILLISECONDS);
    expect(entry.request_id).toMatch(UUID_V7);
  });

  test('records each administrative call with its action and target', async () => {
    later();
    const queue = await client.newQueue();
    const call = async (method: string, path: string, body?: unknown): Promise<Json> =>
      dataOf(await running.call(method, `/v1/queue/${path}`, body));
    await call('PATCH', `update/${queue}`, { max_retries: 7 });
    const subscribed = await call('POST', `push_subscribe/${queue}`, {
      url: 'https://receiver.example/',
    });
    const id: string = subscribed.subscription_id;
    for (const step of ['pause', 'resume']) {
      await call('POST', `push_subscribe/${queue}/${id}/${step}`);
    }
    await call('DELETE', `push_subscribe/${queue}/${id}`);
    for (const path of ['dlq/redrive', 'dlq/purge', 'purge'])
      await call('POST', `${path}/${queue}`);
    await call('DELETE', `delete/${queue}`);
    const { key_id } = await makeKey({});
    dataOf(await running.call('POST', `/v1/account/keys/revoke/${key_id}`));
    const seen = (await entries()).slice(0, 12).map(({ action, target }) => `${action} ${target}`);
    // The clock stands still, so all entries have one time and are ordered by their requests.
    expect(seen.reverse()).toEqual([
      `queue.create ${queue}`,
      `queue.update ${queue}`,
      `queue.push_subscribe ${id}`,
      `queue.push_pause ${id}`,
      `queue.push_resume ${id}`,
      `queue.push_unsubscribe ${id}`,
      `queue.dlq.redrive ${queue}`,
      `queue.dlq.purge ${queue}`,
      `queue.purge ${queue}`,
      `queue.delete ${queue}`,
      `account.keys.create ${key_id}`,
      `account.keys.revoke ${key_id}`,
    ]);
  });

  test('records refusals for a missing key, a missing scope and a missing queue', async () => {
    later();
    const { key, key_id } = await makeKey({ scopes: ['read'] });
    const path = '/v1/queue/delete/some-queue';
    errorOf(await running.call('DELETE', path, undefined, { key: null }), 'UNAUTHENTICATED');
    errorOf(await running.call('DELETE', path, undefined, { key }), 'SCOPE_MISSING');
    errorOf(await client.post('purge/nowhere', {}), 'QUEUE_NOT_FOUND');
    const refused = (await entries()).slice(0, 3).reverse();
    expect(refused[0]).toMatchObject({ code: 'UNAUTHENTICATED', action: 'queue.delete' });
    expect(refused[0]).not.toHaveProperty('key_id');
    expect(refused[0]).not.toHaveProperty('project');
    expect(refused[1]).toMatchObject({ code: 'SCOPE_MISSING', key_id, project: 'default' });
    expect(refused[2]).toMatchObject({
      code: 'QUEUE_NOT_FOUND',
      action: 'queue.purge',
      key_id: 'configured',
      target: 'nowhere',
    });
    for (const entry of refused) expect(entry).toMatchObject({ outcome: 'refused', count: 1 });
  });

  test('records the name of a queue whose creation was refused', async () => {
    later();
    const queue = await client.newQueue();
    errorOf(await client.post('create', { name: queue, max_retries: 9 }), 'QUEUE_EXISTS');
    const refused = { action: 'queue.create', code: 'QUEUE_EXISTS', target: queue };
    expect((await entries())[0]).toMatchObject(refused);
  });

  test('counts equal refusals within one minute in a single entry', async () => {
    later();
    const attempt = () => running.call('POST', '/v1/account/keys/create', {}, { key: 'wrong' });
    for (let n = 0; n < 3; n += 1) errorOf(await attempt(), 'UNAUTHENTICATED');
    const [first] = await entries();
    expect(first).toMatchObject({ action: 'account.keys.create', count: 3 });
    clock.advance(59_999);
    await attempt();
    expect((await entries())[0]).toEqual({ ...first, count: 4 });
    clock.advance(1);
    await attempt();
    expect((await entries()).slice(0, 2)).toMatchObject([{ count: 1 }, { ...first, count: 4 }]);
  });

  test('does not record calls that are not administrative', async () => {
    later();
    const before = await entries();
    const queue = 'nowhere-at-all';
    errorOf(await client.post('publish', { queue, payload: 1 }), 'QUEUE_NOT_FOUND');
    errorOf(await client.with({ key: null }).get('list'), 'UNAUTHENTICATED');
    errorOf(await client.get(`stats/${queue}`), 'QUEUE_NOT_FOUND');
    expect(await entries()).toEqual(before);
  });

  test('records a call once when it is retried under the same idempotency key', async () => {
    later();
    const queue = await client.newQueue();
    for (let n = 0; n < 2; n += 1) await client.post(`purge/${queue}`, { idempotency_key: 'once' });
    const purges = (await entries()).filter(({ target }) => target === queue);
    expect(purges.map(({ action }) => action)).toEqual(['queue.purge', 'queue.create']);
  });

  test('leaves out a key that was sent in the place of an id', async () => {
    later();
    const { key } = await makeKey({ name: 'secretive' });
    for (const path of [`account/keys/revoke/${key}`, `queue/purge/${key}`]) {
      errorOf(
        await running.call('POST', `/v1/${path}`, {}),
        path.startsWith('q') ? 'QUEUE_NOT_FOUND' : 'KEY_NOT_FOUND',
      );
    }
    const answer = await audit('?limit=1000');
    expect(answer.text).not.toContain(key);
    expect(dataOf(answer).items[0]).not.toHaveProperty('target');
  });

  test('lists every entry exactly once across its pages', async () => {
    later();
    for (let n = 0; n < 5; n += 1) await client.newQueue();
    const all = await entries();
    const seen: Json[] = [];
    let cursor: string | undefined;
    do {
      const page = dataOf(await audit(`?limit=3${cursor ? `&cursor=${cursor}` : ''}`));
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(all);
  });

  test.each(['x', 'MQ', Buffer.from('1 2 done').toString('base64url')])(
    'refuses the cursor %s',
    async (cursor) => {
      expectRefusedField(await audit(`?cursor=${cursor}`), 'cursor');
    },
  );

  test('can be read only with the scope admin', async () => {
    const { key } = await makeKey({ scopes: ['manage', 'read', 'metrics'] });
    errorOf(await running.call('GET', '/v1/account/audit', undefined, { key }), 'SCOPE_MISSING');
  });

  test('keeps its entries over a restart, including a refusal just before it', async () => {
    later();
    errorOf(await client.post('purge/nowhere-now', {}), 'QUEUE_NOT_FOUND');
    await running.restart();
    expect((await entries())[0]).toMatchObject({ target: 'nowhere-now', outcome: 'refused' });
  });
});

describe.each(STORE_FACTORIES)('addresses in the audit log on $name', (factory) => {
  const running = useServer(factory, ['--trust-proxy']);

  test('are the last entry of X-Forwarded-For when the proxy is trusted', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.5, 198.51.100.9' };
    const path = '/v1/queue/purge/nowhere';
    errorOf(await running.call('POST', path, {}, { headers }), 'QUEUE_NOT_FOUND');
    const { items } = dataOf(await running.call('GET', '/v1/account/audit'));
    expect(items[0].address).toBe('198.51.100.9');
  });
});
