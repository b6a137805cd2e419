import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, callerOf } from '../harness/http-server.js';
import { ManagingClient } from '../harness/managing-client.js';
import { errorOf } from '../http-conformance/answers/expect-answer.js';
import { ServerRun } from '../nodes/run-server.js';
import { linesOf, saying, untilSaid } from './log-lines.js';

let folder: string;
let run: ServerRun;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-requests-'));
});
afterEach(async () => {
  await run.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(flags: string[]): Promise<ManagingClient> {
  const store = `sqlite:${join(folder, 'millrace.db')}`;
  run = new ServerRun(store, { MILLRACE_API_KEY: ADMIN_KEY }, flags);
  const url = await run.listening();
  expect(url, run.stderr).toBeDefined();
  return new ManagingClient({ call: callerOf(url as string) });
}

async function stop(): Promise<void> {
  run.signal('SIGTERM');
  expect(await run.ended()).toBe(0);
}

test('each request is logged in one line at the level debug, with its queue, key and status', async () => {
  const client = await start(['--log-level', 'debug']);
  const made = await client.post('create', { name: 'orders' });
  await client.publish('orders', 'a payload');
  errorOf(await client.get('get/nowhere'), 'QUEUE_NOT_FOUND');
  errorOf(await client.post('publish', '{'), 'INVALID_JSON');
  errorOf(await client.with({ key: 'nobody' }).get('list'), 'UNAUTHENTICATED');
  errorOf(await client.get('no/such/route'), 'ROUTE_NOT_FOUND');
  await stop();
  const of = { project: 'default', key_id: 'configured' };
  const lines = saying(run, 'request');
  expect(lines).toMatchObject([
    { level: 'debug', capability: 'queue.create', queue: 'orders', status: 200, ...of },
    { capability: 'queue.publish', queue: 'orders', status: 200, ...of },
    { capability: 'queue.get', queue: 'nowhere', status: 404, code: 'QUEUE_NOT_FOUND', ...of },
    { capability: 'queue.publish', status: 400, code: 'INVALID_JSON', ...of },
    { capability: 'queue.list', status: 401, code: 'UNAUTHENTICATED' },
    { status: 404, code: 'ROUTE_NOT_FOUND' },
  ]);
  expect(lines[0]).toMatchObject({
    request_id: made.headers.get('x-request-id'),
    ms: expect.any(Number),
  });
});

test('a request without a fault has no line at the default level', async () => {
  const client = await start([]);
  const queue = await client.newQueue();
  await client.publish(queue);
  errorOf(await client.get('get/nowhere'), 'QUEUE_NOT_FOUND');
  await stop();
  expect(linesOf(run).map(({ msg }) => msg)).toEqual([
    'the store was made',
    'started',
    'audit',
    expect.stringMatching(/^stopping on SIGTERM/),
    'stopped',
  ]);
});

test('wrong keys and missing scopes are logged once and then counted for each address', async () => {
  const client = await start([]);
  const queue = await client.newQueue();
  const { key, key_id } = (
    await client.post('../account/keys/create', { scopes: ['read'], project: 'default' })
  ).body.data;
  for (let n = 0; n < 30; n += 1) {
    errorOf(await client.with({ key: 'nobody' }).get('list'), 'UNAUTHENTICATED');
    errorOf(await client.with({ key }).post('publish', { queue, payload: 1 }), 'SCOPE_MISSING');
  }
  await stop();
  const refused = saying(run, 'a request was refused for its key');
  const address = '127.0.0.1';
  expect(refused).toMatchObject([
    { level: 'warn', code: 'UNAUTHENTICATED', status: 401, address, capability: 'queue.list' },
    { code: 'SCOPE_MISSING', status: 403, address, key_id, project: 'default' },
    { code: 'UNAUTHENTICATED', repeated: 29, last_at: expect.any(String) },
    { code: 'SCOPE_MISSING', repeated: 29 },
  ]);
  expect(run.stderr).not.toContain(key);
});

test('keys that are created or revoked are logged with their id', async () => {
  const client = await start([]);
  const { key_id: id } = (await client.post('../account/keys/create', {})).body.data;
  expect((await client.post(`../account/keys/revoke/${id}`, {})).status).toBe(200);
  await stop();
  const who = { key_id: 'configured', address: '127.0.0.1', outcome: 'done', target_key_id: id };
  expect(saying(run, 'audit')).toMatchObject([
    { level: 'info', action: 'account.keys.create', ...who },
    { action: 'account.keys.revoke', ...who },
  ]);
});

test('a full queue and dead letters are logged in one line each and then counted', async () => {
  const client = await start(['--max-queue-messages', '20']);
  const queue = await client.newQueue({ max_retries: 0 });
  await client.publishAll(queue, Array(20).fill('x'));
  for (let n = 0; n < 5; n += 1) {
    errorOf(await client.post('publish', { queue, payload: 1 }), 'STORAGE_FULL');
  }
  const killed = await client.kill(queue);
  await client.publish(queue);
  const [last] = await client.kill(queue);
  await stop();
  const same = { level: 'warn', project: 'default', queue };
  expect(saying(run, 'a request failed')).toMatchObject([
    { ...same, code: 'STORAGE_FULL', cause: expect.stringContaining('20 messages') },
    { ...same, code: 'STORAGE_FULL', repeated: 4 },
  ]);
  expect(saying(run, 'dead letter')).toMatchObject([
    { ...same, reason: 'rejected', repeated: 20, message_id: killed.at(-1) },
    { ...same, reason: 'rejected', repeated: 1, message_id: last },
  ]);
});

test('a call refused as OVERLOADED is logged with the budget that ran out', async () => {
  const client = await start(['--max-project-waits', '1']);
  const queue = await client.newQueue();
  const waits = [0, 1].map(() => client.post('consume', { queue, wait_seconds: 2 }));
  const statuses = (await Promise.all(waits)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 503]);
  expect(await untilSaid(run, 'a request failed')).toMatchObject({
    code: 'OVERLOADED',
    cause: expect.stringContaining('long polls'),
    capability: 'queue.consume',
    queue,
  });
});
