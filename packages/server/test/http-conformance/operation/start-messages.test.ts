import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServerRun } from '../../nodes/run-server.js';

/** Tests of what the process prints at its start and of the files it creates. */

let folder: string;
let path: string;
let run: ServerRun | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-start-'));
  path = join(folder, 'data', 'millrace.db');
});
afterEach(async () => {
  await run?.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(flags: string[] = [], environment = {}): Promise<ServerRun> {
  run = new ServerRun(`sqlite:${path}`, environment, flags);
  await run.listening();
  return run;
}
const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
const FILES = ['', '-wal', '-shm', '.lock'];

test('the folder and the files of a store are created for their owner only', async () => {
  // With a umask that removes no permission.
  const umask = process.umask(0);
  try {
    const { stderr } = await start();
    expect(stderr).not.toContain('chmod');
    expect(await modeOf(join(folder, 'data'))).toBe(0o700);
    for (const suffix of FILES) expect(await modeOf(path + suffix), suffix).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test('files with wider permissions keep them, and one warning gives the chmod command', async () => {
  await start();
  run?.signal('SIGTERM');
  await run?.ended();
  await chmod(join(folder, 'data'), 0o755);
  await chmod(path, 0o644);
  const { stderr } = await start();
  const warnings = stderr.split('\n').filter((line) => line.includes('chmod'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`chmod 700 ${join(folder, 'data')} && chmod 600 ${path}`);
  expect(await modeOf(path)).toBe(0o644);
});

test('a start with a host beyond loopback warns of missing TLS, one on loopback does not', async () => {
  expect((await start()).stderr).not.toContain('TLS');
  await run?.kill();
  expect((await start(['--host', '0.0.0.0'])).stderr).toMatch(/--host 0\.0\.0\.0 .*without TLS/);
});

test('a start with --metrics-listen logs the address of the metrics beside the one line on stdout', async () => {
  const { stdout, stderr } = await start(['--metrics-listen', '127.0.0.1:0']);
  const url = /"metrics_url":"(http:\/\/127\.0\.0\.1:\d+\/metrics)"/.exec(stderr)?.[1];
  expect((await fetch(url ?? '')).status).toBe(200);
  expect(stdout).toMatch(/^millrace listening on \S+\n$/);
});

test('a start logs the address of the console', async () => {
  const { stderr } = await start();
  const url = /"console_url":"(http:\/\/127\.0\.0\.1:\d+\/console)"/.exec(stderr)?.[1];
  expect((await fetch(url ?? '')).headers.get('content-type')).toContain('text/html');
});

test('a start that cannot serve the metrics fails with the reason and prints no key', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  try {
    const { port } = taken.address() as AddressInfo;
    const failed = await start(['--metrics-listen', `127.0.0.1:${port}`]);
    expect(await failed.ended()).toBe(1);
    expect(failed.stderr).toMatch(/the metrics cannot be served: .*EADDRINUSE/);
    expect(failed.stderr).toContain('another --metrics-listen');
    expect(failed.stderr).not.toContain('ifr_');
  } finally {
    taken.close();
  }
});

test('a start with --store-file reads the store from that file', async () => {
  await mkdir(join(folder, 'etc'));
  const file = join(folder, 'etc', 'store');
  await writeFile(file, `sqlite:${path}\n`, { mode: 0o600 });
  const { stdout } = await start(['--store-file', file], { MILLRACE_STORE: '' });
  expect(stdout).toContain('millrace listening on');
  expect(await modeOf(path)).toBe(0o600);
});

test('each entry of the audit log is also a line of the log, without the key', async () => {
  const key = 'a-key-of-the-test-0123456789';
  const { stdout } = await start([], { MILLRACE_API_KEY: key });
  const url = /http:\S+/.exec(stdout)?.[0];
  const create = (authorization: string) =>
    fetch(`${url}/v1/queue/create`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{"name":"orders"}',
    });
  const made = await create(`Bearer ${key}`);
  const requestId = made.headers.get('x-request-id');
  await create('Bearer ifr_of_nobody_0123456789');
  const lines = (run?.stderr ?? '').split('\n').filter((line) => line.includes('"audit"'));
  const done = { outcome: 'done', key_id: 'configured', queue: 'orders', request_id: requestId };
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { action: 'queue.create', ...done },
    { action: 'queue.create', outcome: 'refused', code: 'UNAUTHENTICATED', address: '127.0.0.1' },
  ]);
  expect(run?.stderr).not.toContain(key);
  expect(run?.stderr).not.toContain('ifr_');
});
