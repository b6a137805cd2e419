import { setTimeout as pause } from 'node:timers/promises';
import { Reject, Retry } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { Lookahead } from '#client/worker/lookahead';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { useClient } from '../harness/use-client.js';
import { gate, timedWork, WorkerRun } from './worker-run.js';

test('fetches ahead for handlers that are faster than a fetch, within a bound', () => {
  const after = (fetchMs: number, handlerMs: number): number => {
    const lookahead = new Lookahead();
    for (let n = 0; n < 100; n += 1) {
      lookahead.fetched(fetchMs);
      lookahead.handled(handlerMs);
    }
    return lookahead.messages(10);
  };
  expect(new Lookahead().messages(10)).toBe(0);
  expect([after(5, 100), after(5, 5.1), after(10, 4), after(1_000, 0)]).toEqual([0, 9, 24, 70]);
});

describe.each(STORE_FACTORIES)('a worker on $name', (factory) => {
  const running = useClient(factory);

  test('does the work of each message once and acks it', async () => {
    const queue = await running.newQueue<number>();
    await queue.publishBatch(Array.from({ length: 300 }, (_, payload) => ({ payload })));
    const done: number[] = [];
    const run = new WorkerRun(queue, ({ payload }) => done.push(payload), { concurrency: 20 });
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(300);
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, dlq: 0 });
    expect(run.worker.counters).toMatchObject({ fetched: 300, acked: 300, retried: 0 });
  });

  test('a copy of the context has the signal, too', async () => {
    const queue = await running.newQueue<number>();
    await queue.publish(1);
    const contexts: object[] = [];
    const run = new WorkerRun(queue, (_, context) => contexts.push({ ...context }));
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(1);
    expect(contexts).toEqual([{ signal: expect.any(AbortSignal), traceparent: undefined }]);
  });

  test('runs as many handlers as it may, and no more', async () => {
    const queue = await running.newQueue<number>();
    await queue.publishBatch(Array.from({ length: 60 }, (_, payload) => ({ payload })));
    const { work, most } = timedWork(5);
    const run = new WorkerRun(queue, work, { concurrency: 7 });
    await expect.poll(() => run.count('acked')).toBe(60);
    expect(most()).toBe(7);
  });

  test('leases no more than its slow handlers can take', async () => {
    const queue = await running.newQueue<number>();
    await queue.publishBatch(Array.from({ length: 20 }, (_, payload) => ({ payload })));
    const { opened, open } = gate();
    const run = new WorkerRun(queue, () => opened, { concurrency: 4 });
    await expect.poll(() => queue.stats()).toMatchObject({ inFlight: 4, available: 16 });
    await expect
      .poll(() => run.worker.health())
      .toMatchObject({ running: 4, waitsFor: 'handlers' });
    open();
    await expect.poll(() => run.count('acked')).toBe(20);
  });

  test('returns what it has fetched ahead when its handlers become slow', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch(Array.from({ length: 1_000 }, (_, payload) => ({ payload })));
    const { opened, open } = gate();
    let isSlow = false;
    const run: WorkerRun<number> = new WorkerRun(
      queue,
      () => {
        isSlow ||= run.count('acked') > 400;
        if (isSlow) return opened;
      },
      { concurrency: 8 },
    );
    await expect.poll(() => isSlow).toBe(true);
    await expect
      .poll(() => queue.stats(), { timeout: 20_000 })
      .toMatchObject({ inFlight: 8, dlq: 0 });
    isSlow = false;
    open();
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(1_000);
    expect(run.worker.counters).toMatchObject({ retried: 0, leasesLost: 0 });
  });

  test('begins no more work while the server confirms nothing', async () => {
    const { opened, open } = gate();
    const queue = await running.newQueue<number>();
    await queue.publishBatch(Array.from({ length: 100 }, (_, payload) => ({ payload })));
    const ackBatch = queue.ackBatch.bind(queue);
    queue.ackBatch = (...call) => opened.then(() => ackBatch(...call));
    let handled = 0;
    const run = new WorkerRun(queue, () => (handled += 1), { concurrency: 4 });
    await expect.poll(() => run.worker.health().settling).toBe(32);
    await pause(200);
    expect(handled).toBe(32);
    expect(run.worker.health()).toMatchObject({ running: 0, waitsFor: 'settling' });
    open();
    await expect.poll(() => run.count('acked')).toBe(100);
    expect(handled).toBe(100);
  });

  test('nacks what throws, with the error, until it is a dead letter', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 2 });
    await queue.publish(1);
    const attempts: number[] = [];
    const run = new WorkerRun(
      queue,
      ({ deliveryCount }) => {
        attempts.push(deliveryCount);
        throw new TypeError('no such customer');
      },
      { backoff: (attempt, error) => (error instanceof TypeError ? attempt / 1_000 : 100) },
    );
    await expect.poll(() => run.count('deadLettered')).toBe(1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(run.events('retried').map(({ delaySeconds }) => delaySeconds)).toEqual([0.001, 0.002]);
    const [dead] = await queue.dlq.list().toArray();
    expect(dead).toMatchObject({
      deadLetterReason: 'max_retries',
      lastError: 'TypeError: no such customer',
    });
  });

  test('Retry chooses the delay, Reject makes a dead letter at once', async () => {
    const queue = await running.newQueue<'later' | 'never'>();
    await queue.publishBatch([{ payload: 'later' }, { payload: 'never' }]);
    const run = new WorkerRun(queue, ({ payload }) => {
      if (payload === 'later') throw new Retry('busy', { delaySeconds: 600.1234 });
      throw new Reject('malformed');
    });
    await expect.poll(() => run.count('retried') + run.count('deadLettered')).toBe(2);
    expect(await queue.stats()).toMatchObject({ delayed: 1, dlq: 1, available: 0 });
    expect((await queue.dlq.list().toArray())[0]).toMatchObject({
      payload: 'never',
      deadLetterReason: 'rejected',
      lastError: 'malformed',
    });
    expect((await queue.peek().toArray())[0]?.lastError).toBe('busy');
  });

  test('one failure does not stall the others of its fetch', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch(Array.from({ length: 30 }, (_, payload) => ({ payload })));
    const { opened, open } = gate();
    const run = new WorkerRun(
      queue,
      async ({ payload }) => {
        if (payload === 3) throw new Error('3 fails');
        if (payload === 4) await opened;
      },
      { concurrency: 5 },
    );
    await expect.poll(() => run.count('acked')).toBe(28);
    await expect.poll(() => run.count('deadLettered')).toBe(1);
    open();
    await expect.poll(() => run.count('acked')).toBe(29);
  });

  test('hands on the trace of the publisher', async () => {
    const queue = await running.newQueue<number>();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await queue.publish(1, { traceparent });
    await queue.publish(2);
    const seen = new Map<number, string | undefined>();
    const run = new WorkerRun(queue, ({ payload }, context) => {
      seen.set(payload, context.traceparent);
    });
    await expect.poll(() => run.count('acked')).toBe(2);
    expect([seen.get(1), seen.get(2)]).toEqual([traceparent, undefined]);
  });

  test('survives listeners and backoff functions that throw', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch([{ payload: 1 }, { payload: 2 }]);
    const run = new WorkerRun(
      queue,
      ({ payload }) => {
        if (payload === 1) throw undefined;
      },
      {
        backoff: () => {
          throw new Error('from the backoff');
        },
      },
    );
    run.worker.on('fetched', () => {
      throw new Error('from a listener');
    });
    await expect.poll(() => run.count('acked') + run.count('deadLettered')).toBe(2);
  });

  test('retries after anything that is thrown, also without a text', async () => {
    const queue = await running.newQueue<number>({ maxRetries: 0 });
    await queue.publishBatch([{ payload: 1 }, { payload: 2 }]);
    const run = new WorkerRun(queue, ({ payload }) => {
      if (payload === 1) throw Object.create(null);
      throw {
        toString: () => {
          throw new Error('no text');
        },
      };
    });
    await expect.poll(() => run.count('deadLettered')).toBe(2);
    const texts = (await queue.dlq.list().toArray()).map(({ lastError }) => lastError);
    expect(texts).toEqual(['an error', 'an error']);
  });

  test('survives listeners that fail later', async () => {
    const queue = await running.newQueue<number>();
    await queue.publish(1);
    const run = new WorkerRun(queue, () => undefined);
    run.worker.on('acked', async () => {
      throw new Error('from a listener');
    });
    await expect.poll(() => run.count('acked')).toBe(1);
    await queue.publish(2);
    await expect.poll(() => run.count('acked')).toBe(2);
  });

  test('a queue that is made later is worked on then', async () => {
    const queue = running.client().queue<number>(`client-later-${factory.name}`);
    const run = new WorkerRun(queue, () => undefined);
    await expect.poll(() => run.events('callFailed')[0]?.error.code).toBe('QUEUE_NOT_FOUND');
    expect(run.worker.health()).toMatchObject({
      waitsFor: 'server',
      lastError: { code: 'QUEUE_NOT_FOUND' },
    });
    await queue.create();
    await queue.publish(1);
    await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBe(1);
    expect(run.count('recovered')).toBe(1);
    expect(run.worker.health()).toMatchObject({ failures: 0, lastError: undefined });
  });
});
