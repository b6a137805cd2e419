import { setTimeout as pause } from 'node:timers/promises';
import type { StandardSchemaV1 } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { useClient } from '../harness/use-client.js';
import { gate, WorkerRun } from './worker-run.js';

interface Step {
  readonly group: number;
  readonly step: number;
}

describe.each(STORE_FACTORIES)('a worker of a FIFO queue on $name', (factory) => {
  const running = useClient(factory);

  async function filled(groups: number, steps: number) {
    const queue = await running.newQueue<Step>({ type: 'fifo', maxRetries: 5 });
    const all = Array.from({ length: groups * steps }, (_, n) => ({
      group: n % groups,
      step: Math.floor(n / groups),
    }));
    await queue.publishBatch(
      all.map((payload) => ({ payload, messageGroupId: `group-${payload.group}` })),
    );
    return queue;
  }

  test('works on one message of a message group at a time, in order', async () => {
    const queue = await filled(6, 10);
    const busy = new Set<number>();
    const done = new Map<number, number[]>();
    let most = 0;
    const run = new WorkerRun(
      queue,
      async ({ payload: { group, step } }) => {
        expect(busy.has(group)).toBe(false);
        busy.add(group);
        most = Math.max(most, busy.size);
        await pause(Math.random() * 5);
        busy.delete(group);
        done.set(group, [...(done.get(group) ?? []), step]);
      },
      { concurrency: 8 },
    );
    await expect.poll(() => run.count('acked'), { timeout: 30_000 }).toBe(60);
    for (const steps of done.values()) expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(run.count('leaseLost')).toBe(0);
    expect(most).toBeGreaterThan(1);
  });

  test('keeps the order when a message fails and comes back', async () => {
    const queue = await filled(2, 6);
    const tries: string[] = [];
    const run = new WorkerRun(
      queue,
      ({ payload: { group, step }, deliveryCount }) => {
        tries.push(`${group}.${step}`);
        if (step === 2 && deliveryCount === 1) throw new Error('not yet');
      },
      { concurrency: 4 },
    );
    await expect.poll(() => run.count('acked'), { timeout: 30_000 }).toBe(12);
    for (const group of [0, 1]) {
      const steps = tries.filter((text) => text.startsWith(`${group}.`));
      expect(steps.map((text) => text.slice(2)).join('')).toBe('0122345');
    }
    expect(run.worker.counters).toMatchObject({ retried: 2, deadLettered: 0, leasesLost: 0 });
  });

  test('gives back what waits behind a message when it stops', async () => {
    const queue = await filled(1, 4);
    const { opened, open } = gate();
    const run = new WorkerRun(queue, () => opened, { stopTimeoutMs: 60_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ inFlight: 4 });
    await expect.poll(() => run.worker.health().running).toBe(1);
    const stopped = run.worker.stop();
    await expect.poll(() => queue.stats()).toMatchObject({ inFlight: 1, available: 3 });
    open();
    await stopped;
    expect(await queue.stats()).toMatchObject({ inFlight: 0, available: 3, dlq: 0 });
  });

  test('keeps the order when the queue was a standard one before', async () => {
    const queue = await running.newQueue<number>();
    const busy = new Set<string | undefined>();
    const done: number[] = [];
    const overlaps: number[] = [];
    const run = new WorkerRun(
      queue,
      async ({ payload, messageGroupId }) => {
        if (busy.has(messageGroupId)) overlaps.push(payload);
        busy.add(messageGroupId);
        await pause(Math.random() * 20);
        busy.delete(messageGroupId);
        done.push(payload);
      },
      { concurrency: 8 },
    );
    await queue.publish(0);
    await expect.poll(() => done).toEqual([0]);
    run.worker.pause();
    await pause(5_500);
    await queue.delete();
    await queue.create({ type: 'fifo' });
    const payloads = Array.from({ length: 20 }, (_, n) => n + 1);
    await queue.publishBatch(payloads.map((payload) => ({ payload, messageGroupId: 'one' })));
    run.worker.resume();
    await expect.poll(() => done).toHaveLength(21);
    expect(overlaps).toEqual([]);
    expect(done.slice(1)).toEqual(payloads);
  });

  test('keeps the order when a schema fails for a message', async () => {
    const { name } = await running.newQueue({ type: 'fifo' });
    const failing = new Set([1, 3]);
    const schema: StandardSchemaV1<number, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          if (failing.delete(value as number)) throw new Error('the database is away');
          return value === 2 ? { issues: [{ message: 'two' }] } : { value: value as number };
        },
      },
    };
    await running
      .client()
      .queue(name)
      .publishBatch([1, 2, 3, 4, 5].map((payload) => ({ payload, messageGroupId: 'one' })));
    const done: number[] = [];
    const queue = running.client().queue(name, { schema });
    const run = new WorkerRun(queue, ({ payload }) => done.push(payload), { concurrency: 4 });
    await expect.poll(() => run.count('acked')).toBe(4);
    expect(done).toEqual([1, 3, 4, 5]);
    expect(run.worker.counters).toMatchObject({ retried: 1, deadLettered: 1, leasesLost: 0 });
  });
});
