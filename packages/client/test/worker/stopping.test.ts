import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../../server/test/harness/http-server.js';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { useClient } from '../harness/use-client.js';
import { abortOf, gate, WorkerRun } from './worker-run.js';

describe.each(STORE_FACTORIES)('a worker that stops on $name', (factory) => {
  const running = useClient(factory);

  test('finishes what runs', async () => {
    const queue = await running.newQueue<number>();
    await queue.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    const { opened, open } = gate();
    const run = new WorkerRun(queue, () => opened, { stopTimeoutMs: 60_000 });
    await expect.poll(() => run.worker.health().running).toBe(3);
    const stopped = run.worker.stop();
    expect(run.worker.stop()).toBe(stopped);
    open();
    await stopped;
    expect(run.worker.state).toBe('stopped');
    expect(run.count('acked')).toBe(3);
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0 });
  });

  test('returns what is not done in time, and counts no failure', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    const codes: unknown[] = [];
    const { opened, open } = gate();
    const run = new WorkerRun(queue, async ({ payload }, { signal }) => {
      const reason = (await abortOf(signal)) as { code: string };
      codes.push(reason.code);
      if (payload === 1) throw reason;
      if (payload === 2) await opened;
    });
    await expect.poll(() => run.worker.health().running).toBe(3);
    await run.worker.stop();
    open();
    expect(codes).toEqual(['STOPPING', 'STOPPING', 'STOPPING']);
    // The first gave up, the second does not listen, the third finished all the same.
    expect(run.worker.counters).toMatchObject({
      released: 2,
      acked: 1,
      retried: 0,
      deadLettered: 0,
    });
    expect(await queue.stats()).toMatchObject({ available: 2, inFlight: 0, dlq: 0 });
    const left = await queue.message((await queue.peek().page()).items[0]?.messageId ?? '');
    expect(left.failedDeliveries).toEqual([]);
  });

  test('returns messages that arrive with its last fetch', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    const handled: number[] = [];
    const run = new WorkerRun(queue, ({ payload }) => handled.push(payload), { waitSeconds: 20 });
    await expect.poll(() => run.worker.health().waitsFor).toBe('messages');
    await pause(50);
    const stopped = run.worker.stop();
    await queue.publish(1);
    await stopped;
    expect(handled).toEqual([]);
    expect(await queue.stats()).toMatchObject({ available: 1, inFlight: 0, dlq: 0 });
  });

  test('can be paused and resumed', async () => {
    const queue = await running.newQueue<number>();
    const run = new WorkerRun(queue, () => undefined);
    await expect.poll(() => run.worker.health().lastFetchAt).toBeTypeOf('string');
    run.worker.pause();
    await expect.poll(() => run.worker.health().waitsFor, { timeout: 20_000 }).toBe('resume');
    // A fetch that was under way ends by itself.
    await pause(300);
    await expect.poll(() => queue.stats()).toMatchObject({ waitingConsumers: 0 });
    await queue.publish(1);
    await pause(300);
    expect(await queue.stats()).toMatchObject({ available: 1 });
    run.worker.resume();
    await expect.poll(() => run.count('acked')).toBe(1);
    await run.worker.stop();
    const names = run.seen.map(({ name }) => name);
    expect(names).toEqual([
      'started',
      'paused',
      'resumed',
      'fetched',
      'acked',
      'stopping',
      'stopped',
    ]);
  });

  test('or has not started yet does nothing', async () => {
    const queue = await running.newQueue<number>();
    await queue.publish(1);
    const worker = new Worker(queue, () => undefined, { autoStart: false });
    await pause(100);
    expect(worker.health()).toMatchObject({
      state: 'new',
      waitsFor: 'start',
      lastFetchAt: undefined,
    });
    await worker.stop();
    worker.start();
    expect(worker.health()).toMatchObject({ state: 'stopped', waitsFor: 'nothing' });
    expect(await queue.stats()).toMatchObject({ available: 1 });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('stops its process on %s', async (signal) => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publish(1);
    const program = `
      import { Millrace, Worker } from '@millrace/client';
      const queue = new Millrace().queue(process.env.QUEUE);
      new Worker(queue, () => new Promise((done) => { console.log('begun'); setTimeout(done, 500); }),
        { signals: true, waitSeconds: 0.2 });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: {
        ...process.env,
        MILLRACE_URL: running.url,
        MILLRACE_API_KEY: ADMIN_KEY,
        QUEUE: queue.name,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: new URL('.', import.meta.url),
    });
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, dlq: 0 });
  });

  test('answers probes while it runs', async () => {
    const queue = await running.newQueue<number>();
    const { worker } = new WorkerRun(queue, () => undefined, {
      probePort: 0,
      probeHost: '127.0.0.1',
    });
    await expect.poll(() => worker.probePort()).toBeTypeOf('number');
    const at = `http://127.0.0.1:${await worker.probePort()}`;
    const status = async (path: string) => (await fetch(at + path)).status;
    await expect.poll(() => status('/readyz')).toBe(200);
    expect(await (await fetch(`${at}/healthz`)).json()).toMatchObject({
      queue: queue.name,
      state: 'running',
      failures: 0,
    });
    expect(await status('/other')).toBe(404);
    worker.pause();
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
    await worker.stop();
    await expect(fetch(`${at}/healthz`)).rejects.toThrow();
  });
});
