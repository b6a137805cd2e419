import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { ADMIN_KEY, callerOf, type Json } from '../harness/http-server.js';
import { ServerRun } from '../nodes/run-server.js';
import { readProtocol, sectionOf } from './protocol-document.js';
import { WorkerProcess } from './worker-process.js';

/** Runs the worker of PROTOCOL.md unchanged with a server that is killed and stopped. */

const MESSAGES = 150;

let folder = '';
let server: ServerRun;
let url = '';
let workers: WorkerProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-worker-'));
  const section = sectionOf(await readProtocol(), '## A worker');
  const program = /^```js\n([\s\S]*?)^```$/m.exec(section)?.[1] as string;
  await writeFile(join(folder, 'worker.mjs'), program);
  workers = [];
  url = await startServer('0');
  await call('create', { name: 'jobs', max_retries: 1 });
});

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

async function startServer(port: string): Promise<string> {
  const store = `sqlite:${join(folder, 'data', 'millrace.db')}`;
  server = new ServerRun(store, { MILLRACE_API_KEY: ADMIN_KEY }, ['--port', port]);
  const address = await server.listening();
  if (address === undefined) throw new Error(server.stderr);
  return address;
}

/** Ends the server and starts it again on the same port. */
async function restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  server.signal(signal);
  await server.ended();
  await startServer(new URL(url).port);
}

function startWorker(slots: number, environment: Record<string, string> = {}): WorkerProcess {
  const worker = new WorkerProcess({
    file: join(folder, 'worker.mjs'),
    queue: 'jobs',
    slots,
    environment: { MILLRACE_URL: url, MILLRACE_API_KEY: ADMIN_KEY, ...environment },
  });
  workers.push(worker);
  return worker;
}

async function call(path: string, body?: object): Promise<Json> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await callerOf(url)(method, `/v1/queue/${path}`, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

const publish = async (payload: Json): Promise<string> =>
  (await call('publish', { queue: 'jobs', payload })).message_id;

/** Waits for a condition without a limit of its own; the test's timeout is the limit. */
async function until(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await pause(50);
}

test('the worker of PROTOCOL.md loses no message when the server is killed or stopped', async () => {
  const messages = Array.from({ length: MESSAGES }, () => ({ payload: { seconds: 0.05 } }));
  const { message_ids: ids } = await call('publish_batch', { queue: 'jobs', messages });
  // Its payload makes the work throw every time.
  const bad = await publish(null);

  const first = startWorker(4);
  const second = startWorker(4);
  const doneCount = () => first.done.length + second.done.length;
  await until(() => doneCount() > MESSAGES / 4);
  await restart('SIGKILL');
  await until(() => doneCount() > MESSAGES / 2);
  await restart('SIGTERM');
  await until(async () => {
    const { available, in_flight, delayed } = await call('stats/jobs');
    return available + in_flight + delayed === 0;
  });

  expect(new Set([...first.done, ...second.done])).toEqual(new Set(ids));
  const { items } = await call('dlq/list/jobs');
  expect(items).toMatchObject([
    {
      message_id: bad,
      dead_letter_reason: 'max_retries',
      last_error: expect.stringContaining('TypeError'),
    },
  ]);
  for (const worker of [first, second]) {
    worker.signal('SIGTERM');
    expect(await worker.ended(), worker.stderr).toBe(0);
  }
}, 120_000);

test('the worker of PROTOCOL.md finishes its message and takes no other when told to stop', async () => {
  const ids = [await publish({ seconds: 2 }), await publish({ seconds: 2 })];
  const worker = startWorker(1);
  await until(async () => (await call('stats/jobs')).in_flight === 1);
  worker.signal('SIGTERM');
  expect(await worker.ended(), worker.stderr).toBe(0);
  expect(worker.done).toEqual(ids.slice(0, 1));
  expect(await call('stats/jobs')).toMatchObject({ available: 1, in_flight: 0, dlq: 0 });
});

test('the worker of PROTOCOL.md releases a message without a failure if its work exceeds the grace time', async () => {
  const id = await publish({ seconds: 3_600 });
  const worker = startWorker(2, { GRACE_SECONDS: '0.5' });
  await until(async () => (await call('stats/jobs')).in_flight === 1);
  worker.signal('SIGTERM');
  expect(await worker.ended(), worker.stderr).toBe(0);
  expect(worker.done).toEqual([]);
  // The other worker slot, which was waiting, may also have leased and released it.
  expect(await call(`message/jobs/${id}`)).toMatchObject({
    state: 'available',
    failed_deliveries: [],
  });
});

test('the worker of PROTOCOL.md extends the lease while it works, and aborts the work if the lease is lost', async () => {
  const id = await publish({ seconds: 3_600 });
  const worker = startWorker(1, { LEASE_SECONDS: '6' });
  const leaseEnd = async () => (await call('peek/jobs?state=leased')).items[0]?.state_reason;
  await until(async () => (await leaseEnd()) !== undefined);
  const first = await leaseEnd();
  await until(async () => (await leaseEnd()) !== first);
  expect(await call(`message/jobs/${id}`)).toMatchObject({ delivery_count: 1 });

  await call('purge/jobs', {});
  const next = await publish({ seconds: 0 });
  await until(() => worker.done.length > 0);
  expect(worker.done).toEqual([next]);
});

test('the worker of PROTOCOL.md exits with an error if it may not consume', async () => {
  const worker = startWorker(2, { MILLRACE_API_KEY: 'ifr_of_somebody_else' });
  expect(await worker.ended()).toBe(1);
  expect(worker.stderr).toContain('consume: 401 UNAUTHENTICATED');
});
