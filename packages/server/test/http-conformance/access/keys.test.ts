import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, type Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import {
  dataOf,
  errorOf,
  expectRefusedField,
  ISO_MILLISECONDS,
  replayOf,
} from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('the management of keys on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const create = (fields?: unknown, headers = {}) =>
    running.call('POST', '/v1/account/keys/create', fields, { headers });
  const revoke = (keyId: string, body?: unknown) =>
    running.call('POST', `/v1/account/keys/revoke/${keyId}`, body);
  const list = (query = '') => running.call('GET', `/v1/account/keys/list${query}`);

  test('create without a body makes a key with the scope manage for the project default', async () => {
    const made = dataOf(await create());
    expect(made).toEqual({
      key_id: expect.any(String),
      project: 'default',
      scopes: ['manage'],
      created_at: new Date(clock.nowMs()).toISOString(),
      key: expect.stringMatching(/^ifr_[A-Za-z0-9_-]{20,}$/),
    });
  });

  test('create gives the key the requested name, project, scopes and expiry', async () => {
    const expires_at = new Date(clock.nowMs() + 3_600_000).toISOString();
    const wanted = { name: 'Größe ✓', project: 'p.1', scopes: ['read', 'publish'], expires_at };
    expect(dataOf(await create(wanted))).toMatchObject(wanted);
  });

  test('create accepts expires_at in epoch milliseconds and returns it as ISO 8601', async () => {
    const expiresAtMs = clock.nowMs() + 1_234;
    const made = dataOf(await create({ expires_at: expiresAtMs }));
    expect(made.expires_at).toMatch(ISO_MILLISECONDS);
    expect(Date.parse(made.expires_at)).toBe(expiresAtMs);
  });

  test('create refuses an expires_at in the past', async () => {
    expectRefusedField(await create({ expires_at: clock.nowMs() - 1 }), 'expires_at');
  });

  test('list never shows the key itself', async () => {
    const made = dataOf(await create({ name: 'secretive' }));
    const answer = await list('?limit=1000');
    const record = dataOf(answer).items.find(({ key_id }: Json) => key_id === made.key_id);
    const { key, ...rest } = made;
    expect(record).toEqual(rest);
    expect(answer.text).not.toContain(key);
    expect(answer.text).not.toContain(ADMIN_KEY);
  });

  test('list shows the minute in which a key was last used', async () => {
    const { key, key_id } = dataOf(await create({}));
    const lastUsed = async (): Promise<string | undefined> => {
      const { items } = dataOf(await list('?limit=1000'));
      return items.find((item: Json) => item.key_id === key_id).last_used_at;
    };
    const minute = () => new Date(Math.floor(clock.nowMs() / 60_000) * 60_000).toISOString();
    expect(await lastUsed()).toBeUndefined();
    dataOf(await client.with({ key }).get('list'));
    expect(await lastUsed()).toBe(minute());
    clock.advance(120_000);
    errorOf(await client.with({ key }).get('get/nowhere'), 'QUEUE_NOT_FOUND');
    expect(await lastUsed()).toBe(minute());
    await running.restart();
    expect(await lastUsed()).toBe(minute());
  });

  test('create makes a key that works at once', async () => {
    const { key } = dataOf(await create({}));
    dataOf(await client.with({ key }).get('list'));
  });

  test('create never makes the same key or key_id twice', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => create({})));
    expect(new Set(made.map((answer) => dataOf(answer).key)).size).toBe(10);
    expect(new Set(made.map((answer) => dataOf(answer).key_id)).size).toBe(10);
  });

  test('list returns every key exactly once across its pages', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.push(dataOf(await create({ name: `n${n}` })).key_id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = dataOf(await list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`));
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ key_id }: Json) => key_id));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  test('revoke needs no body, is shown by list and can be repeated', async () => {
    const { key_id } = dataOf(await create({}));
    expect(dataOf(await revoke(key_id))).toEqual({ key_id, revoked: true });
    clock.advance(10_000);
    expect(dataOf(await revoke(key_id))).toEqual({ key_id, revoked: true });
    const { items } = dataOf(await list('?limit=1000'));
    const record = items.find((item: Json) => item.key_id === key_id);
    // The time of the first revocation is kept.
    expect(Date.parse(record.revoked_at)).toBe(clock.nowMs() - 10_000);
  });

  test('revoke refuses a key_id in the body that differs from the path', async () => {
    const { key_id } = dataOf(await create({}));
    expectRefusedField(await revoke(key_id, { key_id: 'another' }), 'key_id');
    dataOf(await revoke(key_id, { key_id: null }));
    dataOf(await revoke(key_id, { key_id }));
  });

  test('revoke answers KEY_NOT_FOUND for an unknown id, however odd', async () => {
    for (const id of ['nothing', 'a%20b', '%F0%9F%98%80', '%27%20OR%201=1', 'x'.repeat(256)]) {
      errorOf(await revoke(id), 'KEY_NOT_FOUND', id);
    }
  });

  test('revoke succeeds for both of two simultaneous calls', async () => {
    const { key_id } = dataOf(await create({}));
    for (const answer of await Promise.all([revoke(key_id), revoke(key_id)])) {
      expect(dataOf(answer).revoked).toBe(true);
    }
  });

  test('create replays the same key for the same idempotency key and makes no second key', async () => {
    const before = dataOf(await list('?limit=1000')).items.length;
    const first = dataOf(await create({ name: 'once', idempotency_key: 'make' }));
    expect(replayOf(await create({ name: 'once', idempotency_key: 'make' }))).toEqual(first);
    expect(dataOf(await list('?limit=1000')).items).toHaveLength(before + 1);
    const other = await create({ name: 'other', idempotency_key: 'make' });
    errorOf(other, 'IDEMPOTENCY_KEY_REUSED');
  });

  test('revoke is replayed under its idempotency key, which is refused for another key', async () => {
    const [a, b] = [dataOf(await create({})).key_id, dataOf(await create({})).key_id];
    dataOf(await revoke(a, { idempotency_key: 'end' }));
    expect(replayOf(await revoke(a, { idempotency_key: 'end' })).key_id).toBe(a);
    errorOf(await revoke(b, { idempotency_key: 'end' }), 'IDEMPOTENCY_KEY_REUSED');
  });

  test('keys and revocations survive a restart', async () => {
    const kept = dataOf(await create({ scopes: ['read'] }));
    const ended = dataOf(await create({ scopes: ['read'] }));
    dataOf(await revoke(ended.key_id));
    await running.restart();
    dataOf(await client.with({ key: kept.key }).get('list'));
    errorOf(await client.with({ key: ended.key }).get('list'), 'UNAUTHENTICATED');
  });
});
