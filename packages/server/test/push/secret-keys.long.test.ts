import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '#server/core/store/store';
import { SecretBox } from '#server/push/request/signing/push-secret';
import { PushReceiver } from '../harness/push-receiver.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { expectRefusedField } from '../http-conformance/answers/expect-answer.js';
import { ALLOW_THIS_MACHINE } from '../http-conformance/push/use-pushes.js';
import { type PushNode, startPushNode } from './push-node.js';

const OLD_KEY = 'the-old-key-of-more-than-16';
const NEW_KEY = 'the-new-key-of-more-than-16';
const HEADERS = { authorization: 'Bearer owner' };
const SECRET = 'a secret that is long enough';

describe.each(STORE_FACTORIES)('the keys that seal push subscriptions on $name', (factory) => {
  let fixture: StoreFixture;
  let node: PushNode | undefined;
  let hook: PushReceiver;

  const startWith = async (keys: string): Promise<PushNode> => {
    await stop();
    const environment = keys === '' ? {} : { MILLRACE_SECRET_KEY: keys };
    node = await startPushNode(fixture.url, ALLOW_THIS_MACHINE, environment);
    return node;
  };
  const stop = async (): Promise<void> => {
    node?.run.signal('SIGTERM');
    await node?.run.ended();
    node = undefined;
  };
  const storedRows = async () => {
    const store: Store = await fixture.open();
    const rows = await store.read({ kind: 'allPushSubscriptions', after: '', limit: 10 });
    await store.stop();
    return rows;
  };
  const prepare = async (): Promise<void> => {
    fixture = await factory.create();
    hook = await PushReceiver.start();
  };
  afterEach(async () => {
    await node?.run.kill();
    node = undefined;
    await hook.stop();
    await fixture.remove();
  });

  /** Expects that the subscription is found by its url and pushes as before. */
  const expectToWork = async ({ client }: PushNode, queue: string, id: string): Promise<void> => {
    const settings = { secret: SECRET, max_retries: 3 };
    expect((await client.subscribed(queue, hook.url, settings)).subscription_id).toBe(id);
    expect(await client.subscriptions(queue)).toMatchObject([
      { url: hook.url, headers: { authorization: '***' } },
    ]);
    const before = hook.pushes.length;
    await client.publish(queue);
    const push = (await hook.received(before + 1))[before];
    expect(push?.headers.authorization).toBe(HEADERS.authorization);
    // Sending the same secret again is no change, so there is one signature and not two.
    expect(String(push?.headers['webhook-signature']).split(' ')).toHaveLength(1);
    await client.expectEmpty(queue);
  };

  it('can be set, changed while both keys are given, and then used without the old key', async () => {
    await prepare();
    let { client } = await startWith('');
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url, {
      secret: SECRET,
      headers: HEADERS,
    });
    await stop();
    expect(await storedRows()).toMatchObject([{ url: hook.url, urlDigest: null }]);

    for (const keys of [OLD_KEY, `${NEW_KEY}, ${OLD_KEY}`]) {
      const started = await startWith(keys);
      client = started.client;
      const sealed = /sealed again under the first key of MILLRACE_SECRET_KEY: 1; none are left/;
      await expect.poll(() => started.run.stderr).toMatch(sealed);
      expect(started.run.stderr).not.toContain(OLD_KEY);
      await expectToWork(started, queue, id);
      await stop();
      const [row] = await storedRows();
      const box = new SecretBox([keys.split(',')[0] as string]);
      expect(row?.url).toMatch(/^sealed:/);
      expect(box.openTexts(row as { url: string; headers: string })).toMatchObject({
        url: hook.url,
        headers: JSON.stringify(HEADERS),
      });
    }
    await expectToWork(await startWith(NEW_KEY), queue, id);
  }, 60_000);

  it('also seal a paused subscription', async () => {
    await prepare();
    const { client } = await startWith('');
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url, { secret: SECRET });
    await client.change(queue, id, 'pause');
    const { run } = await startWith(NEW_KEY);
    await expect.poll(() => run.stderr).toContain('sealed again');
    await stop();
    expect((await storedRows())[0]?.secret).toMatch(/^sealed:/);
  }, 60_000);

  it('allow an existing short secret with one warning, but no new one', async () => {
    await prepare();
    const store = await fixture.open();
    const box = new SecretBox([]);
    const queue = 'orders';
    const target = { project: 'default', queue, idempotency: null };
    const urls = [hook.url, `${hook.url}?another`];
    await store.apply([{ kind: 'createQueue', ...target, settings: {} }]);
    for (const url of urls) {
      await store.apply([
        {
          kind: 'subscribePush',
          autoCreate: false,
          ...target,
          subscriptionId: `id of ${url}`,
          settings: { ...box.sealUrl(url), ...box.seal('short') },
          forms: box.formsOf(url, 'short'),
        },
      ]);
    }
    await store.stop();

    const { client, run } = await startWith('');
    await client.publish(queue);
    expect((await hook.received(1))[0]?.headers).toHaveProperty('webhook-signature');
    const warnings = run.stderr.match(/secret has less than 16 bytes: 2/g);
    expect(warnings).toHaveLength(1);
    expect((await client.subscribed(queue, hook.url, { secret: 'short' })).signed).toBe(true);
    const another = await client.subscribe(queue, { url: hook.url, secret: 'shorter' });
    expectRefusedField(another, 'secret');
    const other = await client.subscribe(queue, { url: `${hook.url}?new`, secret: 'short' });
    expectRefusedField(other, 'secret');
  }, 60_000);
});
