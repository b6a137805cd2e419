import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { TcpProxy } from '../../../server/test/harness/tcp-proxy.js';
import { useClient } from '../harness/use-client.js';
import { gate, WorkerRun } from './worker-run.js';

describe.each(STORE_FACTORIES)('a worker beside an outage of a server on $name', (factory) => {
  const running = useClient(factory);

  test('says so, goes on trying, and settles later what it did in the meantime', async () => {
    const { name } = await running.newQueue();
    const direct = running.client().queue<number>(name);
    const proxy = await TcpProxy.start(running.url);
    const { opened, open } = gate();
    await direct.publish(1);
    const run = new WorkerRun(
      running.client({ baseUrl: proxy.url }).queue<number>(name),
      ({ payload }) => (payload === 1 ? opened : undefined),
    );
    await expect.poll(() => run.worker.health().running).toBe(1);
    proxy.refuse();
    open();
    await expect
      .poll(() => run.events('callFailed').map(({ call }) => call))
      .toContain('ack_batch');
    await expect.poll(() => run.events('callFailed').length).toBeGreaterThan(3);
    expect(run.worker.state).toBe('running');
    expect(run.worker.health()).toMatchObject({
      waitsFor: 'server',
      settling: 1,
      lastError: { code: 'NETWORK_ERROR' },
    });
    for (const { retryInMs } of run.events('callFailed'))
      expect(retryInMs).toBeLessThanOrEqual(5_000);
    await direct.publish(2);
    proxy.resume();
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(2);
    expect(run.events('acked').map(({ message }) => message.deliveryCount)).toEqual([1, 1]);
    expect(run.count('recovered')).toBeGreaterThan(0);
    await proxy.stop();
  });

  test('begins no work meanwhile, and then does what it has fetched', async () => {
    const { name } = await running.newQueue();
    const direct = running.client().queue<number>(name);
    const proxy = await TcpProxy.start(running.url);
    await direct.publishBatch(Array.from({ length: 200 }, (_, payload) => ({ payload })));
    let begun = 0;
    const work = async (): Promise<void> => {
      begun += 1;
      await pause(5);
    };
    const queue = running.client({ baseUrl: proxy.url }).queue<number>(name);
    const run = new WorkerRun(queue, work, { concurrency: 4 });
    let begunWhenNoticed: number | undefined;
    run.worker.on('callFailed', () => {
      begunWhenNoticed ??= begun;
    });
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBeGreaterThan(20);
    proxy.refuse();
    await expect.poll(() => run.count('callFailed'), { timeout: 20_000 }).toBeGreaterThan(3);
    await pause(200);
    expect(begun).toBe(begunWhenNoticed);
    expect(begun).toBeLessThan(200);
    proxy.resume();
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(200);
    expect(run.worker.counters).toMatchObject({ fetched: 200, released: 0, leasesLost: 0 });
    await proxy.stop();
  });

  test('can be stopped during the outage', async () => {
    const { name } = await running.newQueue();
    const proxy = await TcpProxy.start(running.url);
    const run = new WorkerRun(running.client({ baseUrl: proxy.url }).queue(name), () => undefined);
    await expect.poll(() => run.worker.health().waitsFor).toBe('messages');
    proxy.refuse();
    await expect.poll(() => run.count('callFailed')).toBeGreaterThan(1);
    await run.worker.stop();
    expect(run.worker.state).toBe('stopped');
    await proxy.stop();
  });

  test('goes on when its key is refused, since the key may be replaced', async () => {
    const { name } = await running.newQueue();
    const run = new WorkerRun(running.client({ apiKey: 'ifr_wrong' }).queue(name), () => undefined);
    await expect.poll(() => run.count('callFailed'), { timeout: 20_000 }).toBeGreaterThan(1);
    expect(run.events('callFailed')[0]?.error.code).toBe('UNAUTHENTICATED');
    expect(run.worker.state).toBe('running');
  });
});
