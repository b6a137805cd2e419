import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { dataOf } from '../http-conformance/answers/expect-answer.js';
import { connectAdmin } from '../nodes/postgres-nodes.js';
import { type PushNode, startPushNode } from './push-node.js';
import { startTlsReceiver, type TlsReceiver } from './tls-receiver.js';

const SECRETS = [
  'first-secret-qzx81',
  'whsec_c2Vjb25kLXNlY3JldC1xeng4Mg==',
  'refused-secret-qzx83',
];
const QUERY = 'token=query-qzx84';
const HEADERS = { authorization: 'Bearer header-qzx85', 'x-qzx86': 'name' };
/** Every form in which a secret might be stored by mistake. */
const FORMS = SECRETS.flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').slice(0, -4),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
]).concat('second-secret-qzx82', 'query-qzx84', 'header-qzx85', 'qzx86');

const found = (text: string): string[] => FORMS.filter((form) => text.includes(form));

/** The whole content of the store as text. */
async function contentOf(url: string): Promise<string> {
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length);
    const names = (await readdir(dirname(path))).filter((name) => name.startsWith(basename(path)));
    const files = await Promise.all(names.map((name) => readFile(join(dirname(path), name))));
    expect(files.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(4_096);
    return Buffer.concat(files).toString('latin1');
  }
  const admin = await connectAdmin(url);
  try {
    const { rows: tables } = await admin.query(
      "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    expect(tables.length).toBeGreaterThan(3);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await admin.query(`SELECT t::text AS text FROM ${name} AS t`);
      texts.push(...rows.map(({ text }) => text));
    }
    // Bytes are shown in hex.
    const bytes = texts
      .join('\n')
      .replace(
        /\\x([0-9a-f]+)/g,
        (_all, hex) => `${Buffer.from(hex, 'hex').toString('latin1')}${hex}`,
      );
    return bytes;
  } finally {
    await admin.end();
  }
}

describe.each(STORE_FACTORIES)('the secrets of push subscriptions on $name', (factory) => {
  let fixture: StoreFixture;
  let hook: TlsReceiver;
  let node: PushNode | undefined;
  afterEach(async () => {
    await node?.run.kill();
    await hook.remove();
    await fixture.remove();
  });

  /** Uses secrets in every possible way at the level trace, and returns the log. */
  const useSecrets = async (environment: Record<string, string>): Promise<string> => {
    fixture = await factory.create();
    hook = await startTlsReceiver();
    const flags = [...hook.flags, '--log-level', 'trace'];
    node = await startPushNode(fixture.url, flags, environment);
    const { client, run } = node;
    const queue = await client.newQueue();
    const url = `${hook.receiver.url}?${QUERY}`;
    const [first, second, refused] = SECRETS;
    const headers = HEADERS;
    await client.subscribed(queue, url, { secret: first, headers, idempotency_key: 'a' });
    dataOf(await client.subscribe(queue, { url, secret: second, idempotency_key: 'b' }));
    expect((await client.subscribe('nowhere', { url, secret: refused })).status).toBe(404);
    expect((await client.subscribe(queue, { url, secret: refused, max_retries: -1 })).status).toBe(
      400,
    );
    expect((await client.subscribe(queue, `{"url":1,"secret":"${refused}"`)).status).toBe(400);
    await client.publish(queue);
    await hook.receiver.received(1);
    await client.expectEmpty(queue);
    run.signal('SIGTERM');
    expect(await run.ended()).toBe(0);
    expect(run.stderr + run.stdout).not.toBe('');
    return run.stderr + run.stdout;
  };

  it('cannot be read in the store or in the log if the server has a secret key', async () => {
    const log = await useSecrets({ MILLRACE_SECRET_KEY: 'a-key-of-more-than-16-chars' });
    expect(found(log)).toEqual([]);
    const content = await contentOf(fixture.url);
    expect(found(content)).toEqual([]);
    expect(content).not.toContain('a-key-of-more-than-16-chars');
  }, 60_000);

  // This shows that the test above can fail.
  it('can be read in the store, but not in the log, if the server has no secret key', async () => {
    const log = await useSecrets({});
    expect(found(log)).toEqual([]);
    expect(found(await contentOf(fixture.url))).toEqual(
      expect.arrayContaining([SECRETS[0], SECRETS[1], 'query-qzx84', 'header-qzx85', 'qzx86']),
    );
  }, 60_000);

  it('are not used if sealed under another key, and nothing is pushed unsigned', async () => {
    await useSecrets({ MILLRACE_SECRET_KEY: 'a-key-of-more-than-16-chars' });
    const before = hook.received.length;
    node = await startPushNode(fixture.url, hook.flags, {
      MILLRACE_SECRET_KEY: 'another-key-of-more-than-16',
    });
    const { client, run } = node;
    const [{ queue }] = dataOf(await client.get('list')).items;
    await client.publish(queue, 'waits');
    const [{ subscription_id: id, ...shown }] = (await client.subscriptions(queue)) as [
      { subscription_id: string; url: string },
    ];
    expect(shown.url).toBe('***');
    expect(shown).not.toHaveProperty('headers');
    expect(dataOf(await client.change(queue, id, 'test'))).toMatchObject({ delivered: false });
    await expect.poll(() => run.stderr).toContain('sealed under another key');
    expect(await client.stats(queue)).toMatchObject({ available: 1, dlq: 0 });
    expect(hook.received).toHaveLength(before);
  }, 60_000);
});
