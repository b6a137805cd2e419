import { setTimeout as pause } from 'node:timers/promises';
import { HandlerAborted } from '@millrace/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { TcpProxy } from '../../../server/test/harness/tcp-proxy.js';
import { useClient } from '../harness/use-client.js';
import { abortOf, gate, WorkerRun } from './worker-run.js';

/** Measures by how much the timers of this process are late at most. */
function watchLag() {
  let dueAtMs = performance.now() + 20;
  let worstMs = 0;
  const timer = setInterval(() => {
    worstMs = Math.max(worstMs, performance.now() - dueAtMs);
    dueAtMs = performance.now() + 20;
  }, 20);
  return {
    end(): number {
      clearInterval(timer);
      return worstMs;
    },
  };
}

describe.each(STORE_FACTORIES)('the leases of a worker on $name', (factory) => {
  const running = useClient(factory);
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await TcpProxy.start(running.url);
  });
  afterAll(() => proxy.stop());

  /** A queue whose calls a test can cut off. */
  const throughProxy = async <T>(name: string) =>
    running.client({ baseUrl: proxy.url.replace(/\/$/, ''), timeoutMs: 1_000 }).queue<T>(name);

  test('are kept while a handler runs', async () => {
    const queue = await running.newQueue<number>({ visibilityTimeoutDefault: 4 });
    await queue.publish(1);
    const run = new WorkerRun(queue, () => pause(6_000));
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(1);
    expect(run.events('acked')[0]?.message.deliveryCount).toBe(1);
    expect(run.worker.counters).toMatchObject({ fetched: 1, leasesLost: 0 });
  });

  test('that somebody else has taken away abort the handler, and nothing is settled', async () => {
    const queue = await running.newQueue<number>();
    await queue.publish(1);
    const reasons: unknown[] = [];
    const run = new WorkerRun(
      queue,
      async (message, { signal }) => {
        // As if the lease had run out and another consumer had the message now.
        await queue.extend(message, 0);
        await queue.consume({ visibilityTimeout: 60 });
        reasons.push(await abortOf(signal));
      },
      { visibilityTimeout: 5, concurrency: 1 },
    );
    await expect.poll(() => run.count('leaseLost'), { timeout: 20_000 }).toBe(1);
    expect(reasons[0]).toBeInstanceOf(HandlerAborted);
    expect(reasons[0]).toMatchObject({ code: 'LEASE_LOST' });
    expect(run.count('acked')).toBe(0);
    expect(await queue.stats()).toMatchObject({ inFlight: 1 });
  });

  test('that cannot be extended abort the handler before they run out', async () => {
    const { name } = await running.newQueue();
    const direct = running.client().queue<number>(name);
    await direct.publish(1);
    const leases: number[] = [];
    const lag = watchLag();
    const run = new WorkerRun(
      await throughProxy<number>(name),
      async (message, { signal }) => {
        if (message.deliveryCount > 1) return;
        leases.push(Date.parse(message.leaseExpiresAt));
        proxy.refuse();
        await abortOf(signal);
        leases.push(Date.now());
        // Work that cannot be stopped any more: whether its ack counts, the server decides.
      },
      { visibilityTimeout: 2, concurrency: 1 },
    );
    await expect.poll(() => leases.length, { timeout: 20_000 }).toBe(2);
    // A timer of a busy process fires late; lease-rules.test has the exact time.
    expect(leases[1]).toBeLessThanOrEqual((leases[0] as number) + lag.end());
    proxy.resume();
    await expect
      .poll(() => run.count('acked') + run.count('leaseLost'), { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(run.count('recovered')).toBeGreaterThan(0);
  });

  test('end with the time limit of a handler, even if it does not listen', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch([{ payload: 1 }, { payload: 2 }]);
    const { opened, open } = gate();
    const codes: unknown[] = [];
    const run = new WorkerRun(
      queue,
      async ({ payload }, { signal }) => {
        if (payload === 2) return;
        signal.addEventListener('abort', () => codes.push(signal.reason.code));
        await opened;
      },
      { handlerTimeoutMs: 100, concurrency: 1 },
    );
    await expect
      .poll(() => run.worker.counters)
      .toMatchObject({ acked: 1, timedOut: 1, deadLettered: 1 });
    expect(codes).toEqual(['TIME_LIMIT']);
    expect((await queue.dlq.list().toArray())[0]?.lastError).toContain('time limit');
    open();
  });

  test('of an answer that was lost are found again by the next attempt', async () => {
    const { name } = await running.newQueue();
    const queue = running.client().queue<number>(name);
    const run = new WorkerRun(await throughProxy<number>(name), () => undefined, {
      waitSeconds: 20,
    });
    await expect.poll(() => queue.stats()).toMatchObject({ waitingConsumers: 1 });
    proxy.goSilent();
    await queue.publish(1);
    // The server leases the message, and its answer never arrives.
    await expect.poll(() => queue.stats()).toMatchObject({ inFlight: 1 });
    proxy.cut();
    proxy.resume();
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(1);
    expect(run.events('acked')[0]?.message.deliveryCount).toBe(1);
  });
});
