import { once } from 'node:events';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN_KEY, callerOf } from '../harness/http-server.js';
import { PushReceiver } from '../harness/push-receiver.js';
import { openSocket } from '../harness/raw-http.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { dataOf, errorOf } from '../http-conformance/answers/expect-answer.js';
import { PushingClient } from '../http-conformance/push/use-pushes.js';
import { connectAdmin } from '../nodes/postgres-nodes.js';
import { ServerRun } from '../nodes/run-server.js';
import { linesOf, saying, untilSaid } from './log-lines.js';

/** A different mark for each kind of text that the server is given. */
const mark = (what: string): string => `qzx-${what}-7731`;
const MARKED = /qzx-([a-z_]+)-7731/g;

const SECRET_KEY = mark('secret_key');
const PRIORITY_AT_FAULT = 9;

/** Makes the store refuse messages of one priority, with an error that quotes the whole row. */
async function sabotage(url: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const db = new Database(url.slice('sqlite:'.length));
    db.exec(
      `CREATE TRIGGER sabotage BEFORE INSERT ON messages WHEN NEW.priority = ${PRIORITY_AT_FAULT}
       BEGIN SELECT RAISE(ABORT, 'sabotage'); END`,
    );
    db.close();
    return;
  }
  const admin = await connectAdmin(url);
  await admin.query(
    `ALTER TABLE millrace.messages ADD CONSTRAINT sabotage CHECK (priority <> ${PRIORITY_AT_FAULT})`,
  );
  await admin.end();
}

describe.each(STORE_FACTORIES)('the log at the level trace on $name', (factory) => {
  let fixture: StoreFixture;
  let receiver: PushReceiver;
  let run: ServerRun;
  afterEach(async () => {
    await run.kill();
    await receiver.stop();
    await fixture.remove();
  });

  async function start(environment: Record<string, string>): Promise<PushingClient> {
    fixture = await factory.create();
    receiver = await PushReceiver.start();
    const flags = ['--log-level', 'trace', '--push-allow', '127.0.0.0/8', '--max-queue-messages'];
    run = new ServerRun(fixture.url, { MILLRACE_SECRET_KEY: SECRET_KEY, ...environment }, [
      ...flags,
      '40',
    ]);
    const url = await run.listening();
    expect(url, run.stderr).toBeDefined();
    return new PushingClient({ call: callerOf(url as string) });
  }

  it('contains no secret and no payload, with or without faults', async () => {
    const client = await start({ MILLRACE_API_KEY: ADMIN_KEY });
    const headers = { 'Idempotency-Key': mark('key_header'), 'X-Other': mark('header') };
    const queue = await client.newQueue({ enable_priority: true, idempotency_key: mark('key') });
    const payload = mark('payload');
    const message = { payload, headers: { 'x-message': mark('message_header') } };
    await client.publish(queue, payload, { headers: message.headers });
    const [taken] = await client.consume(queue, { idempotency_key: mark('consume_key') });
    dataOf(await client.nack(queue, taken.message_id, { error: mark('nack'), requeue: false }));

    // Keys: a created one, a wrong one, and one that is in a url by mistake.
    const made = dataOf(await client.with({ headers }).post('../account/keys/create', {}));
    const wrong = client.with({ key: `ifr_${mark('wrong_key')}` });
    errorOf(await wrong.get(`stats/${queue}?key=${mark('query')}`), 'UNAUTHENTICATED');
    errorOf(await client.get(`stats/ifr_${mark('path')}`), 'QUEUE_NOT_FOUND');
    errorOf(await client.get(`nowhere/${mark('path')}?a=${mark('query')}`), 'ROUTE_NOT_FOUND');

    // Bodies that cannot be parsed or are refused.
    errorOf(await client.post('publish', `{"queue":"${mark('body')}`), 'INVALID_JSON');
    errorOf(await client.post('publish', { queue: mark('body').repeat(40) }), 'INVALID_REQUEST');
    errorOf(await client.get(`get/%zz${mark('path')}`), 'INVALID_REQUEST');
    const socket = openSocket(new URL((await run.listening()) ?? '').origin);
    socket.on('error', () => undefined);
    socket.end(`GET /${mark('raw')} HTTP/1.1\r\nno header ${mark('raw')}\r\n\r\n`);
    socket.resume();
    await once(socket, 'close');

    // Pushes that are answered, refused, unreachable, or to urls that are not allowed.
    const secret = mark('push_secret');
    const settings = { secret, headers: { authorization: mark('push_header') }, max_retries: 0 };
    const hook = `${receiver.url}?token=${mark('push_query')}`;
    const pushed = await client.newQueue();
    receiver.reply = () => ({ status: 500, body: mark('answer') });
    const { subscription_id: id } = await client.subscribed(pushed, hook, settings);
    await client.publish(pushed, payload, message);
    await untilSaid(run, 'push failed');
    receiver.reply = () => 410;
    await client.publish(pushed, payload, message);
    await untilSaid(run, 'push subscription paused: the receiver answered 410');
    await receiver.stop();
    dataOf(await client.change(pushed, id, 'test'));
    const refused = `https://user:${mark('user_info')}@10.0.0.1/${mark('push_path')}`;
    expect((await client.subscribe(queue, { ...settings, url: refused })).status).not.toBe(200);

    // Faults of the store, and a full queue.
    await sabotage(fixture.url);
    const broken = { queue, ...message, priority: PRIORITY_AT_FAULT, idempotency_key: mark('key') };
    errorOf(await client.post('publish', broken), 'INTERNAL');
    const many = { queue, messages: Array.from({ length: 41 }, () => message) };
    errorOf(await client.post('publish_batch', many), 'STORAGE_FULL');

    run.signal('SIGTERM');
    expect(await run.ended()).toBe(0);

    const said = run.stdout + run.stderr;
    expect([...said.matchAll(MARKED)].map(([, what]) => what)).toEqual([]);
    expect(said).not.toContain(ADMIN_KEY);
    expect(said).not.toContain(made.key);
    expect(said).not.toContain('ifr_');
    if (!factory.isLocal) expect(said).not.toContain(new URL(fixture.url).password);
    // The expected lines are there, so the search above covered them.
    const lines = linesOf(run);
    expect(lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(15);
    expect(saying(run, 'a request failed')).toMatchObject([
      { code: 'INTERNAL', status: 500, level: 'error', stack: expect.stringContaining(' at ') },
      { code: 'STORAGE_FULL', status: 507, level: 'warn', queue, project: 'default' },
    ]);
    expect(saying(run, 'dead letter')).toMatchObject([
      { queue, reason: 'rejected', message_id: taken.message_id },
      { queue: pushed, reason: 'max_retries' },
      // The dead letter of the 410, which was counted.
      { queue: pushed, reason: 'max_retries', repeated: 1 },
    ]);
  }, 120_000);

  it('contains the first key in exactly one line, and no key that a call sends', async () => {
    const client = await start({});
    const [{ api_key: key }] = saying(run, 'millrace made an API key; it is shown only once');
    dataOf(await client.with({ key }).post('create', { name: 'orders' }));
    errorOf(await client.with({ key: `${key}x` }).post('create', { name: 'x' }), 'UNAUTHENTICATED');
    run.signal('SIGTERM');
    expect(await run.ended()).toBe(0);
    expect(run.stderr.split(key)).toHaveLength(2);
    expect(run.stdout).not.toContain(key);
  }, 60_000);
});
