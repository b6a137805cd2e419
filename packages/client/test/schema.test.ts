import { setTimeout as pause } from 'node:timers/promises';
import { Millrace, type MillraceError, type StandardSchemaV1, Worker } from '@millrace/client';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { STORE_FACTORIES } from '../../server/test/harness/stores.js';
import { ok, StubServer } from './harness/stub-server.js';
import { useClient } from './harness/use-client.js';

interface Wire {
  readonly at: string;
}
interface Order {
  readonly at: Date;
}

/** A validator as zod and others make them: it checks, and turns the text into a Date. */
const OrderSchema: StandardSchemaV1<Wire, Order> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const at = new Date((value as Partial<Wire> | null)?.at ?? 'none');
      if (!Number.isNaN(at.getTime())) return { value: { at } };
      return { issues: [{ message: 'must be a time', path: ['at', { key: 0 }] }] };
    },
  },
};

describe.each(STORE_FACTORIES.slice(0, 1))('a queue with a schema', (factory) => {
  const running = useClient(factory);
  const newQueue = async () => {
    const { name } = await running.newQueue();
    return {
      queue: running.client().queue(name, { schema: OrderSchema }),
      raw: running.client().queue(name),
    };
  };
  const wrong = { at: 'never' };

  test('checks what is published, and sends it as it was given', async () => {
    const { queue, raw } = await newQueue();
    const refused = expect.objectContaining<Partial<MillraceError>>({
      code: 'INVALID_PAYLOAD',
      details: [{ path: '/payload/at/0', message: 'must be a time' }],
    });
    await expect(queue.publish(wrong)).rejects.toEqual(refused);
    await expect(queue.publishBatch([{ payload: wrong }])).rejects.toEqual(refused);
    const publisher = queue.publisher();
    await expect(publisher.publish(wrong)).rejects.toEqual(refused);
    await queue.publish({ at: '2026-01-02T00:00:00Z' });
    expect(await raw.stats()).toMatchObject({ available: 1 });
    expect((await raw.peek().page()).items[0]?.payload).toEqual({ at: '2026-01-02T00:00:00Z' });
  });

  test('gives consumers what the schema makes of it, and names what does not fit', async () => {
    const { queue, raw } = await newQueue();
    await raw.publish(wrong);
    await queue.publish({ at: '2026-01-02T00:00:00Z' });
    const { messages, invalid } = await queue.consume();
    expect(messages.map(({ payload }) => payload.at)).toEqual([new Date('2026-01-02')]);
    expect(invalid).toMatchObject([
      { message: { payload: wrong }, error: { code: 'INVALID_PAYLOAD' } },
    ]);
  });

  test('lets a worker do its work, and makes dead letters of the rest', async () => {
    const { queue, raw } = await newQueue();
    await raw.publish(wrong);
    await raw.publish({ at: '2026-01-02T00:00:00Z' });
    const seen: Date[] = [];
    const worker = new Worker(queue, ({ payload }) => seen.push(payload.at), { waitSeconds: 0.1 });
    await expect.poll(() => raw.stats()).toMatchObject({ available: 0, inFlight: 0, dlq: 1 });
    await worker.stop();
    expect(seen).toEqual([new Date('2026-01-02')]);
    const [dead] = await raw.dlq.list().toArray();
    expect(dead).toMatchObject({ deadLetterReason: 'rejected' });
    expect(dead?.lastError).toContain('/payload/at/0: must be a time');
  });
});

test('payloads of one fetch are judged at the same time, since their leases are running', async () => {
  let judging = 0;
  let most = 0;
  const schema: StandardSchemaV1<number, number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        judging += 1;
        most = Math.max(most, judging);
        await pause(20);
        judging -= 1;
        return value === 3 ? { issues: [{ message: 'three' }] } : { value: value as number };
      },
    },
  };
  const stub = await StubServer.start();
  onTestFinished(() => stub.stop());
  stub.answer(ok({ messages: [1, 2, 3, 4].map((payload) => ({ payload })) }));
  const queue = new Millrace({ baseUrl: stub.url, apiKey: 'k' }).queue('q', { schema });
  const { messages, invalid } = await queue.consume();
  expect(most).toBe(4);
  expect(messages.map(({ payload }) => payload)).toEqual([1, 2, 4]);
  expect(invalid).toMatchObject([{ message: { payload: 3 }, index: 2 }]);
});

describe.each(STORE_FACTORIES.slice(0, 1))('a schema that fails itself', (factory) => {
  const running = useClient(factory);

  test('loses no message, and fails calls with an error of this package', async () => {
    let isAway = true;
    const schema: StandardSchemaV1<number, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          if (isAway) throw new Error('the database is away');
          return { value: value as number };
        },
      },
    };
    const { name } = await running.newQueue();
    const queue = running.client().queue(name, { schema });
    const raw = running.client().queue(name);
    const failed = { code: 'SCHEMA_FAILED', message: expect.stringContaining('database is away') };
    await expect(queue.publish(1)).rejects.toMatchObject(failed);
    await raw.publish(1);
    const seen: number[] = [];
    const retried: unknown[] = [];
    const options = { waitSeconds: 0.1, backoff: () => 0 };
    const worker = new Worker(queue, ({ payload }) => seen.push(payload), options);
    worker.on('retried', ({ error }) => {
      isAway = false;
      retried.push(error);
    });
    await expect.poll(() => seen).toEqual([1]);
    await worker.stop();
    expect(retried).toMatchObject([failed]);
    expect(await raw.stats()).toMatchObject({ available: 0, dlq: 0 });
  });
});

test('types of payloads follow the schema or the type parameter', () => {
  const check = (millrace: import('@millrace/client').Millrace) => {
    const queue = millrace.queue('q', { schema: OrderSchema });
    expectTypeOf(queue.publish).parameter(0).toEqualTypeOf<Wire>();
    expectTypeOf<
      Awaited<ReturnType<typeof queue.consume>>['messages'][number]['payload']
    >().toEqualTypeOf<Order>();
    const typed = millrace.queue<Order>('q');
    expectTypeOf(typed.publish).parameter(0).toEqualTypeOf<Order>();
    expectTypeOf(millrace.queue('q').publish).parameter(0).toEqualTypeOf<unknown>();
    new Worker(queue, (message, { signal }) => {
      expectTypeOf(message.payload).toEqualTypeOf<Order>();
      expectTypeOf(message.receipt).toEqualTypeOf<string>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    });
    // @ts-expect-error a payload of another shape
    void typed.publish({ on: 1 });
    // @ts-expect-error names of the wire are not those of this package
    void typed.publish({ at: new Date() }, { delay_seconds: 1 });
    // @ts-expect-error the queue of an update is known
    void typed.update({ queue: 'other' });
  };
  expect(check).toBeTypeOf('function');
});
