import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import {
  dataOf,
  errorOf,
  expectRefusedField,
  ISO_MILLISECONDS,
  replayOf,
} from '../answers/expect-answer.js';
import { usePushes } from './use-pushes.js';

/** Nothing is ever pushed there, because the queues of these tests stay empty. */
const URL_A = 'https://receiver.example/a';
const URL_B = 'https://receiver.example/b';
const SECRET = 'a secret that is long enough';

describe.each(STORE_FACTORIES)('push subscriptions on $name', (factory) => {
  const { running, client, clock } = usePushes(factory);

  test('are answered with their whole record, including defaults, when created', async () => {
    const queue = await client.newQueue();
    const record = await client.subscribed(queue, URL_A);
    expect(record).toEqual({
      subscription_id: expect.stringMatching(/^\S+$/),
      id: record.subscription_id,
      queue,
      url: URL_A,
      state: 'active',
      signed: false,
      format: 'message',
      max_in_flight: 10,
      created_at: expect.stringMatching(ISO_MILLISECONDS),
      updated_at: expect.stringMatching(ISO_MILLISECONDS),
    });
    expect(await client.subscriptions(queue)).toEqual([record]);
  });

  test('show every given setting, but never the secret or header values', async () => {
    const queue = await client.newQueue();
    const settings = {
      max_retries: 0,
      visibility_timeout: 2.5,
      dead_letter_queue: await client.newQueue(),
      format: 'payload',
      max_in_flight: 1_000,
      headers: { 'X-Team': 'billing-qzx' },
      allowed_message_headers: ['x-real-ip'],
    };
    const secret = 'a-secret-that-no-answer-shows';
    const record = await client.subscribed(queue, URL_A, { ...settings, secret });
    expect(record).toMatchObject({ ...settings, headers: { 'X-Team': '***' }, signed: true });
    const id = record.subscription_id;
    for (const answer of [
      await client.subscribe(queue, { url: URL_A, secret }),
      await client.get(`push_subscriptions/${queue}`),
      await client.change(queue, id, 'pause'),
      await client.change(queue, id, 'resume'),
      await client.change(queue, id, 'test'),
      await client.get(`push_subscribe/${queue}/${id}/deliveries`),
    ]) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain('billing-qzx');
    }
  });

  test.each(['forward_to', 'endpoint'])('accept %s as another name of url', async (alias) => {
    const queue = await client.newQueue();
    const { subscription_id: id, url } = dataOf(await client.subscribe(queue, { [alias]: URL_A }));
    expect(url).toBe(URL_A);
    expect(await client.subscribed(queue, URL_A)).toMatchObject({ subscription_id: id });
    // The field's own name takes precedence.
    const both = { url: URL_B, [alias]: URL_A };
    expect(dataOf(await client.subscribe(queue, both)).url).toBe(URL_B);
  });

  test('keep the id and absent settings when the url is sent again, and clear settings with null', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue();
    const given = {
      max_retries: 7,
      visibility_timeout: 60,
      dead_letter_queue: dlq,
      format: 'payload',
      max_in_flight: 3,
      headers: { a: 'b' },
    };
    const first = await client.subscribed(queue, URL_A, { ...given, secret: SECRET });
    clock.advance(5);
    const second = await client.subscribed(queue, URL_A, { max_in_flight: 4 });
    expect(second).toEqual({
      ...first,
      max_in_flight: 4,
      updated_at: new Date(Date.parse(first.created_at) + 5).toISOString(),
    });
    for (const [name, cleared] of [
      ['max_retries', undefined],
      ['visibility_timeout', undefined],
      ['dead_letter_queue', undefined],
      ['headers', undefined],
      ['format', 'message'],
      ['max_in_flight', 10],
    ] as const) {
      const before = await client.subscribed(queue, URL_A);
      const after = await client.subscribed(queue, URL_A, { [name]: null });
      const { [name]: _old, ...others } = before;
      const expected = cleared === undefined ? others : { ...others, [name]: cleared };
      expect(after, name).toEqual({ ...expected, updated_at: expect.any(String) });
    }
    expect((await client.subscribed(queue, URL_A)).signed).toBe(true);
    expect((await client.subscribed(queue, URL_A, { secret: null })).signed).toBe(false);
    expect(await client.subscriptions(queue)).toHaveLength(1);
  });

  test('differ by url and by queue, and are listed oldest first', async () => {
    const queue = await client.newQueue();
    const urls = [URL_B, URL_A, `${URL_A}/`, `${URL_A}?x`];
    for (const url of urls) {
      await client.subscribed(queue, url);
      clock.advance(1);
    }
    const other = await client.subscribed(await client.newQueue(), URL_A);
    const listed = await client.subscriptions(queue);
    expect(listed.map(({ url }) => url)).toEqual(urls);
    const ids = [...listed, other].map(({ subscription_id }) => subscription_id);
    expect(new Set(ids).size).toBe(5);
  });

  test('stay paused when their settings are changed', async () => {
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, URL_A);
    const paused = dataOf(await client.change(queue, id, 'pause'));
    expect(paused).toMatchObject({ state: 'paused', paused_reason: 'requested' });
    const changed = await client.subscribed(queue, URL_A, { max_retries: 1 });
    expect(changed).toMatchObject({ state: 'paused', paused_reason: 'requested' });
    const resumed = dataOf(await client.change(queue, id, 'resume'));
    expect(resumed.state).toBe('active');
    expect(resumed).not.toHaveProperty('paused_reason');
  });

  test('are gone once deleted, and answer deleted:false if deleted again or unknown', async () => {
    const queue = await client.newQueue();
    const { subscription_id } = await client.subscribed(queue, URL_A);
    const remove = async (id: string) => dataOf(await client.unsubscribe(queue, id));
    expect(await remove(subscription_id)).toEqual({ subscription_id, deleted: true });
    expect(await remove(subscription_id)).toEqual({ subscription_id, deleted: false });
    expect(await remove('unknown')).toEqual({ subscription_id: 'unknown', deleted: false });
    expect(await client.subscriptions(queue)).toEqual([]);
    errorOf(await client.change(queue, subscription_id, 'resume'), 'SUBSCRIPTION_NOT_FOUND');
    expect((await client.subscribed(queue, URL_A)).subscription_id).not.toBe(subscription_id);
  });

  test('are not found under another queue', async () => {
    const queue = await client.newQueue();
    const other = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, URL_A);
    for (const what of ['pause', 'resume', 'test'] as const) {
      errorOf(await client.change(other, id, what), 'SUBSCRIPTION_NOT_FOUND', what);
    }
    errorOf(await client.get(`push_subscribe/${other}/${id}/deliveries`), 'SUBSCRIPTION_NOT_FOUND');
    expect(dataOf(await client.unsubscribe(other, id)).deleted).toBe(false);
    expect(await client.subscriptions(queue)).toMatchObject([{ state: 'active' }]);
  });

  test('are limited to a hundred for each queue', async () => {
    const queue = await client.newQueue();
    const urls = Array.from({ length: 100 }, (_, n) => `${URL_A}${n}`);
    await Promise.all(urls.map((url) => client.subscribed(queue, url)));
    expectRefusedField(await client.subscribe(queue, { url: URL_B }), 'url');
    // Existing ones can still be changed, and a deleted one makes room.
    const { subscription_id: id } = await client.subscribed(queue, `${URL_A}0`, { max_retries: 1 });
    dataOf(await client.unsubscribe(queue, id));
    await client.subscribed(queue, URL_B);
    expect(await client.subscriptions(queue)).toHaveLength(100);
  });

  test('need a dead-letter queue that exists and makes no cycle', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue();
    const to = (name: string, dead_letter_queue: string) =>
      client.subscribe(name, { url: URL_A, dead_letter_queue });
    errorOf(await to(queue, 'nowhere'), 'DEAD_LETTER_QUEUE_NOT_FOUND');
    errorOf(await to(queue, queue), 'DEAD_LETTER_CYCLE');
    const behind = await client.newQueue({ dead_letter_queue: queue });
    errorOf(await to(queue, behind), 'DEAD_LETTER_CYCLE');
    expect(await client.subscriptions(queue)).toEqual([]);
    expect(dataOf(await to(queue, dlq)).dead_letter_queue).toBe(dlq);
    // A refused change leaves the subscription as it was.
    errorOf(await to(queue, 'nowhere'), 'DEAD_LETTER_QUEUE_NOT_FOUND');
    expect((await client.subscriptions(queue))[0].dead_letter_queue).toBe(dlq);
  });

  test('keep their dead-letter queue from being deleted while they use it', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue();
    await client.subscribed(queue, URL_A, { dead_letter_queue: dlq });
    expect(JSON.stringify(errorOf(await client.delete(dlq), 'QUEUE_IN_USE'))).toContain(queue);
    await client.subscribed(queue, URL_A, { dead_letter_queue: null });
    expect(dataOf(await client.delete(dlq)).deleted).toBe(true);
    const another = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, URL_A, {
      dead_letter_queue: another,
    });
    errorOf(await client.delete(another), 'QUEUE_IN_USE');
    dataOf(await client.unsubscribe(queue, id));
    expect(dataOf(await client.delete(another)).deleted).toBe(true);
  });

  test('are deleted with their queue, and then no longer keep their dead-letter queue in use', async () => {
    const dlq = await client.newQueue();
    const name = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(name, URL_A, {
      dead_letter_queue: dlq,
    });
    dataOf(await client.delete(name));
    errorOf(await client.get(`push_subscriptions/${name}`), 'QUEUE_NOT_FOUND');
    dataOf(await client.post('create', { name }));
    expect(await client.subscriptions(name)).toEqual([]);
    errorOf(await client.change(name, id, 'resume'), 'SUBSCRIPTION_NOT_FOUND');
    expect(dataOf(await client.delete(dlq)).deleted).toBe(true);
  });

  test('survive a restart, including a pause', async () => {
    const queue = await client.newQueue();
    await client.subscribed(queue, URL_A, {
      secret: SECRET,
      headers: { a: 'b' },
      max_retries: 2,
    });
    const { subscription_id: id } = await client.subscribed(queue, URL_B);
    dataOf(await client.change(queue, id, 'pause'));
    const before = await client.subscriptions(queue);
    await running.restart();
    expect(await client.subscriptions(queue)).toEqual(before);
  });

  test('show the query of the url only to keys with manage or admin, and header values to none', async () => {
    const queue = await client.newQueue();
    const url = `${URL_A}?token=abc&x=?`;
    await client.subscribed(queue, url, { headers: { Authorization: 'Bearer xyz' } });
    const seenWith = async (scopes: string[]) => {
      const made = await running.call('POST', '/v1/account/keys/create', { scopes });
      const answer = await client
        .with({ key: dataOf(made).key })
        .get(`push_subscriptions/${queue}`);
      expect(answer.text).not.toContain('xyz');
      return dataOf(answer).items[0];
    };
    const whole = { url, headers: { Authorization: '***' } };
    expect(await seenWith(['read'])).toMatchObject({ ...whole, url: URL_A });
    expect(await seenWith(['read', 'publish', 'consume'])).toMatchObject({ url: URL_A });
    expect(await seenWith(['manage'])).toMatchObject(whole);
    expect(await seenWith(['admin'])).toMatchObject(whole);
  });

  test('are invisible to a key of another project', async () => {
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, URL_A);
    const made = await running.call('POST', '/v1/account/keys/create', { project: 'other' });
    const other = client.with({ key: dataOf(made).key });
    for (const answer of [
      await other.subscribe(queue, { url: URL_A }),
      await other.get(`push_subscriptions/${queue}`),
      await other.change(queue, id, 'pause'),
      await other.change(queue, id, 'test'),
      await other.get(`push_subscribe/${queue}/${id}/deliveries`),
      await other.unsubscribe(queue, id),
    ]) {
      errorOf(answer, 'QUEUE_NOT_FOUND');
    }
    // This is so even if that project has a queue of the same name, or names this project's queue.
    dataOf(await other.post('create', { name: queue }));
    expect(await other.subscriptions(queue)).toEqual([]);
    errorOf(await other.change(queue, id, 'pause'), 'SUBSCRIPTION_NOT_FOUND');
    expect(dataOf(await other.unsubscribe(queue, id)).deleted).toBe(false);
    const foreign = await client.newQueue();
    errorOf(
      await other.subscribe(queue, { url: URL_A, dead_letter_queue: foreign }),
      'DEAD_LETTER_QUEUE_NOT_FOUND',
    );
    expect(await client.subscriptions(queue)).toMatchObject([{ state: 'active' }]);
  });

  test('are replayed under an idempotency key, even after they were deleted', async () => {
    const queue = await client.newQueue();
    const body = { url: URL_A, secret: 'a-top-secret-text', idempotency_key: 'k' };
    const first = dataOf(await client.subscribe(queue, body));
    dataOf(await client.unsubscribe(queue, first.subscription_id));
    expect(replayOf(await client.subscribe(queue, body))).toEqual(first);
    expect(await client.subscriptions(queue)).toEqual([]);
    for (const other of [{ url: URL_B }, { secret: 'another-secret-text' }, { max_retries: 1 }]) {
      const answer = await client.subscribe(queue, { ...body, ...other });
      expect(errorOf(answer, 'IDEMPOTENCY_KEY_REUSED').message).not.toContain('secret');
    }
  });

  test('are not paused, resumed or deleted again by a replay under an idempotency key', async () => {
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, URL_A);
    const state = async () => (await client.subscriptions(queue))[0]?.state;
    const paused = dataOf(await client.change(queue, id, 'pause', { idempotency_key: 'p' }));
    const resumed = dataOf(await client.change(queue, id, 'resume', { idempotency_key: 'r' }));
    expect(replayOf(await client.change(queue, id, 'pause', { idempotency_key: 'p' }))).toEqual(
      paused,
    );
    expect(await state()).toBe('active');
    dataOf(await client.change(queue, id, 'pause'));
    expect(replayOf(await client.change(queue, id, 'resume', { idempotency_key: 'r' }))).toEqual(
      resumed,
    );
    expect(await state()).toBe('paused');
    const deleted = dataOf(await client.unsubscribe(queue, id, { idempotency_key: 'd' }));
    expect(deleted.deleted).toBe(true);
    expect(replayOf(await client.unsubscribe(queue, id, { idempotency_key: 'd' }))).toEqual(
      deleted,
    );
  });

  test('keep a queue update from closing a cycle through their dead-letter queue', async () => {
    const dlq = await client.newQueue();
    const queue = await client.newQueue();
    await client.subscribed(queue, URL_A, { dead_letter_queue: dlq });
    errorOf(await client.update(dlq, { dead_letter_queue: queue }), 'DEAD_LETTER_CYCLE');
  });

  test('may not form a cycle with the dead-letter queue of another subscription', async () => {
    const a = await client.newQueue();
    const b = await client.newQueue();
    await client.subscribed(a, URL_A, { dead_letter_queue: b });
    errorOf(await client.subscribe(b, { url: URL_A, dead_letter_queue: a }), 'DEAD_LETTER_CYCLE');
  });
});
