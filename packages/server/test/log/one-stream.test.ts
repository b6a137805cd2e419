import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIGRATIONS } from '#server/store/sqlite/migrations/index';
import { callerOf } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { ServerRun } from '../nodes/run-server.js';
import { linesOf, saying, untilSaid } from './log-lines.js';

/** Without a terminal, stderr contains only lines of the log, whatever code writes to it. */

const KEY = 'a-key-of-the-test-0123456789';
let folder: string;
let store: string;
let run: ServerRun | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  store = `sqlite:${join(folder, 'millrace.db')}`;
});
afterEach(async () => {
  await run?.kill();
  await rm(folder, { recursive: true, force: true });
});

function start(
  flags: string[] = [],
  environment: Record<string, string> = { MILLRACE_API_KEY: KEY },
  nodeFlags: string[] = [],
): ServerRun {
  run = new ServerRun(store, environment, flags, nodeFlags);
  return run;
}

/** Flags that run this code inside the server once it has started. */
const inside = (code: string): string[] => [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    const looking = setInterval(async () => {
      if (process.listenerCount('uncaughtException') === 0) return;
      clearInterval(looking);
      ${code}
    }, 50);`)}`,
];

test('a start and a stop are logged with the relevant settings and without secrets', async () => {
  const secrets = { MILLRACE_API_KEY: KEY, MILLRACE_SECRET_KEY: 'a-secret-key-of-the-test' };
  const started = start(['--max-queue-messages', '7', '--auto-create'], secrets);
  const url = await started.listening();
  started.signal('SIGTERM');
  expect(await started.ended()).toBe(0);
  expect(linesOf(started)).toMatchObject([
    { level: 'info', msg: 'the store was made', schema: expect.any(Number) },
    {
      msg: 'started',
      url,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.version,
      pid: started.pid,
      store: 'sqlite',
      path: join(folder, 'millrace.db'),
      max_queue_messages: 7,
      auto_create: true,
    },
    {
      msg: expect.stringMatching(/^stopping on SIGTERM, with no calls under way/),
      calls: 0,
      waits: 0,
      pushes: 0,
    },
    { msg: 'stopped', after_ms: expect.any(Number) },
  ]);
  expect(saying(started, 'started')[0]).not.toHaveProperty('max_project_keys');
  expect(started.stderr).not.toContain(KEY);
  expect(started.stderr).not.toContain('a-secret-key');
});

test('a migration is logged with the schemas before and after it', async () => {
  const db = new Database(store.slice('sqlite:'.length));
  const before = MIGRATIONS.slice(0, -1);
  db.pragma('auto_vacuum = INCREMENTAL');
  for (const migration of before) db.exec(migration);
  db.pragma(`application_id = ${0x6d696c6c}`);
  db.pragma(`user_version = ${before.length}`);
  db.close();
  const started = start();
  await started.listening();
  expect(saying(started, 'the schema of the store was migrated')).toMatchObject([
    { level: 'info', from: before.length, to: MIGRATIONS.length },
  ]);
});

test("Node's warnings and other writes to stderr become lines of the log", async () => {
  const started = start(
    [],
    undefined,
    inside(`
      process.emitWarning('this is old', 'DeprecationWarning', 'DEP9999');
      process.emitWarning('see postgres://user:pass-qzx@host/', 'Warning');
      console.error('a library said\\nsomething');
      process.stderr.write('and more');
      const { Worker } = await import('node:worker_threads');
      new Worker('console.error("a thread said so"); process.emitWarning("in a thread")', { eval: true });
      const { EventEmitter } = await import('node:events');
      const emitter = new EventEmitter();
      for (let n = 0; n < 12; n += 1) emitter.on('event', () => {});
    `),
  );
  await started.listening();
  await untilSaid(started, 'node warned');
  await expect.poll(() => started.stderr).toContain('in a thread');
  expect(saying(started, 'node warned')).toMatchObject([
    { level: 'warn', name: 'DeprecationWarning', code: 'DEP9999', cause: 'this is old' },
    { name: 'Warning', cause: 'see postgres://***@host/' },
    { name: 'MaxListenersExceededWarning' },
  ]);
  const texts = saying(started, 'written to stderr').map(({ text }) => text);
  expect(texts).toEqual(
    expect.arrayContaining(['a library said', 'something', 'and more', 'a thread said so']),
  );
});

test.each(["throw new Error('boom');", "Promise.reject(new Error('boom'));"])(
  'a fault that ends the process is logged in one line with its stack: %s',
  async (code) => {
    const started = start([], undefined, inside(code));
    expect(await started.ended()).toBe(1);
    expect(saying(started, 'a fault ended the process')).toMatchObject([
      { level: 'error', cause: 'boom', stack: expect.stringContaining('at ') },
    ]);
  },
);

test('a refused configuration and a failed start are each logged in one line at any level', async () => {
  const refused = start(['--rate-limit', '-1', '--log-level', 'silent']);
  expect(await refused.ended()).toBe(2);
  expect(linesOf(refused)).toMatchObject([
    { level: 'error', msg: expect.stringContaining('--rate-limit') },
  ]);
  store = 'postgres://user:s3cret@127.0.0.1:1/d';
  const failed = start(['--log-level', 'silent']);
  expect(await failed.ended()).toBe(1);
  expect(linesOf(failed)).toMatchObject([{ msg: expect.stringContaining('ECONNREFUSED') }]);
  expect(failed.stderr).not.toContain('s3cret');
});

test('the first key is logged in exactly one line at any level', async () => {
  const started = start(['--log-level', 'silent'], {});
  const url = (await started.listening()) ?? '';
  const [{ level, api_key: key }, ...others] = linesOf(started);
  expect([level, others]).toEqual(['info', []]);
  expect((await callerOf(url)('GET', '/v1/queue/list', undefined, { key })).status).toBe(200);
});

test('the warning of the PostgreSQL driver about its passfile becomes a line of the log', async () => {
  const postgres = STORE_FACTORIES.find(({ name }) => name === 'postgres');
  const fixture = await postgres?.create();
  try {
    const url = new URL(fixture?.url ?? '');
    const { password } = url;
    url.password = '';
    store = url.toString();
    const passfile = join(folder, 'pgpass');
    await writeFile(passfile, `*:*:*:*:${decodeURIComponent(password)}\n`, { mode: 0o644 });
    const started = start([], { MILLRACE_API_KEY: KEY, PGPASSFILE: passfile });
    // Other users may read the file, so the driver does not use it.
    expect(await started.ended()).toBe(1);
    expect(saying(started, 'written to stderr')[0]?.text).toContain('has group or world access');
    expect(started.stderr).not.toContain(password);
  } finally {
    await fixture?.remove();
  }
});
