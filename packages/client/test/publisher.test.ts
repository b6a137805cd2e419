import { JsonText, Millrace, type Publisher } from '@millrace/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { STORE_FACTORIES } from '../../server/test/harness/stores.js';
import { broken, ok, page, refusal, type StubAnswer, StubServer } from './harness/stub-server.js';
import { useClient } from './harness/use-client.js';

const schemaOf = <T>(validate: (value: unknown) => T) => ({
  '~standard': { version: 1 as const, vendor: 'test', validate },
});

describe.each(STORE_FACTORIES)('a publisher on $name', (factory) => {
  const running = useClient(factory, ['--max-queue-messages', '100000']);

  test('stores everything once, in order, and gives each message its id', async () => {
    const queue = await running.newQueue<number>();
    const publisher = queue.publisher({ maxBatch: 70 });
    const stored = Array.from({ length: 1_000 }, (_, n) => publisher.publish(n));
    await publisher.close();
    const ids = (await Promise.all(stored)).map(({ messageId }) => messageId);
    const items = await queue.peek({ limit: 1_000 }).toArray();
    expect(items.map(({ payload }) => payload)).toEqual([...stored.keys()]);
    expect(items.map(({ messageId }) => messageId)).toEqual(ids);
    expect(publisher.pending).toBe(0);
  });

  test('a refused message does not take the others of its batch with it', async () => {
    const queue = await running.newQueue<unknown>();
    const publisher = queue.publisher({ lingerMs: 50 });
    const wrong = [3, 7, 8, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30];
    const settled = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) =>
        publisher.publish(n, wrong.includes(n) ? { delaySeconds: -1 } : {}),
      ),
    );
    const rejected = settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect(rejected).toEqual(wrong);
    expect(settled[7]).toMatchObject({
      reason: { code: 'INVALID_REQUEST', details: [{ path: '/delay_seconds' }] },
    });
    const kept = (await queue.peek({ limit: 100 }).toArray()).map(({ payload }) => payload);
    expect(kept).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => !wrong.includes(n)));
  });

  test('a payload over the limit is refused alone', async () => {
    const queue = await running.newQueue<string>();
    const publisher = queue.publisher();
    const large = 'x'.repeat(1024 * 1024 + 1);
    const settled = await Promise.allSettled([
      publisher.publish('a'),
      publisher.publish(large),
      publisher.publish('b'),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({ reason: { code: 'PAYLOAD_TOO_LARGE' } });
    await expect(publisher.publish(1n as never)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(await queue.stats()).toMatchObject({ available: 2 });
  });

  test('a batch that is too large for a proxy is sent in parts', async () => {
    const stub = await StubServer.start();
    onTestFinished(() => stub.stop());
    let ids = 0;
    stub.answer((request, response) => {
      const { messages } = request.body as { messages: readonly unknown[] };
      if (messages.length > 2) return page(413)(request, response);
      ids += messages.length;
      const message_ids = messages.map((_, index) => `m${ids - messages.length + index}`);
      return ok({ message_ids })(request, response);
    });
    const publishing = new Millrace({ baseUrl: stub.url, apiKey: 'k' }).queue('q').publisher();
    const stored = Array.from({ length: 7 }, (_, n) => publishing.publish(n));
    expect(new Set((await Promise.all(stored)).map(({ messageId }) => messageId)).size).toBe(7);
  });

  test('a refusal that is not about messages reaches all of them', async () => {
    const publisher = running.client().queue('client-nowhere').publisher();
    const settled = await Promise.allSettled([publisher.publish(1), publisher.publish(2)]);
    expect(settled).toMatchObject([
      { reason: { code: 'QUEUE_NOT_FOUND' } },
      { reason: { code: 'QUEUE_NOT_FOUND' } },
    ]);
  });
});

describe('batches', () => {
  let stub: StubServer;
  beforeAll(async () => {
    stub = await StubServer.start();
  });
  afterAll(() => stub.stop());

  const publisher = (options = {}): Publisher =>
    new Millrace({ baseUrl: stub.url, apiKey: 'k', retries: { baseDelayMs: 1 } })
      .queue('q')
      .publisher(options);
  let made = 0;
  const STORED: StubAnswer = (request, response) =>
    ok({ message_ids: request.body.messages.map(() => `m${made++}`) })(request, response);
  const sizes = () => stub.requests.map(({ body }) => body.messages.length);

  test('are full or have lingered', async () => {
    stub.answer(STORED);
    const publishing = publisher({ maxBatch: 3, lingerMs: 20, maxInFlight: 9 });
    await Promise.all([1, 2, 3, 4].map((n) => publishing.publish(n)));
    expect(sizes()).toEqual([3, 1]);
  });

  test('are bounded in bytes, and a larger message travels alone', async () => {
    stub.answer(STORED);
    const publishing = publisher({ maxBatchBytes: 100 });
    const texts = ['é'.repeat(20), 'é'.repeat(20), 'x'.repeat(200), 'y'];
    await Promise.all(texts.map((text) => publishing.publish(text)));
    expect(sizes()).toEqual([1, 1, 1, 1]);
    stub.answer(STORED);
    await Promise.all(['a', 'b', 'c'].map((text) => publishing.publish(text)));
    expect(sizes()).toEqual([3]);
  });

  test('are repeated with the same key', async () => {
    stub.answer(broken, refusal(503, 'OUTCOME_UNKNOWN'), STORED);
    await publisher().publish(1, { delaySeconds: 2, traceparent: '00-1' });
    expect(new Set(stub.requests.map(({ body }) => body.idempotency_key)).size).toBe(1);
    expect(stub.requests[2]?.body.messages).toEqual([
      { payload: 1, delay_seconds: 2, headers: { traceparent: '00-1' } },
    ]);
  });

  test('wait for room: no more are pending than may be', async () => {
    const held: (() => void)[] = [];
    stub.answer((request, response) => held.push(() => STORED(request, response)));
    const publishing = publisher({ maxBatch: 2, maxPending: 4, lingerMs: 1 });
    const stored = Array.from({ length: 9 }, (_, n) => publishing.publish(n));
    await expect.poll(() => held.length).toBe(1);
    expect(publishing.pending).toBe(4);
    let isReady = false;
    void publishing.ready().then(() => {
      isReady = true;
    });
    for (let answered = 0; answered < 5; answered += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(answered);
      // Five messages still wait for the room that two answers make.
      if (answered < 2) expect(isReady).toBe(false);
      expect(publishing.pending).toBeLessThanOrEqual(4);
      held[answered]?.();
    }
    await Promise.all(stored);
    await expect.poll(() => isReady).toBe(true);
    expect(
      stub.requests.flatMap(({ body }) => body.messages.map((m: { payload: number }) => m.payload)),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('keep the order of their messages, however long a schema takes', async () => {
    stub.answer(STORED);
    const schema = schemaOf(async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 30 - 10 * (value as number)));
      return { value };
    });
    const queue = new Millrace({ baseUrl: stub.url, apiKey: 'k' }).queue('q', { schema });
    const publishing = queue.publisher({ maxPending: 3 });
    const stored = [0, 1, 2].map((n) => publishing.publish(n));
    // What is being checked takes up room.
    expect(publishing.pending).toBe(3);
    await Promise.all(stored);
    expect(stub.requests.flatMap(({ body }) => body.messages)).toEqual(
      [0, 1, 2].map((payload) => ({ payload })),
    );
  });

  test('keep their order beside a message that is refused before those ahead of it', async () => {
    stub.answer(STORED);
    const schema = schemaOf(async (value) => {
      if (value === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      return value === 1 ? { issues: [{ message: 'is wrong' }] } : { value };
    });
    const queue = new Millrace({ baseUrl: stub.url, apiKey: 'k' }).queue('q', { schema });
    const publishing = queue.publisher();
    const settled = await Promise.allSettled([0, 1, 2].map((n) => publishing.publish(n)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const sent = stub.requests.flatMap(({ body }) => body.messages);
    expect(sent).toEqual([{ payload: 0 }, { payload: 2 }]);
  });

  test('are bounded in bytes also when all are published in one turn', async () => {
    const held: (() => void)[] = [];
    stub.answer((request, response) => held.push(() => STORED(request, response)));
    const publishing = publisher({ maxPendingBytes: 1_000 });
    const stored = Array.from({ length: 20 }, () => publishing.publish('x'.repeat(300)));
    expect(publishing.pending).toBe(4);
    for (let answered = 0; answered < 5; answered += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(answered);
      expect(publishing.pending).toBeLessThanOrEqual(4);
      held[answered]?.();
    }
    await Promise.all(stored);
  });

  test('a text that is more than one JSON value is refused, and shifts no ids', async () => {
    stub.answer(STORED);
    const publishing = publisher();
    const settled = await Promise.allSettled([
      publishing.publish(new JsonText('1},{"payload":"injected"')),
      publishing.publish(new JsonText('1,"delay_seconds":600')),
      publishing.publish(new JsonText('{"a": 12345678901234567890}')),
    ]);
    expect(settled).toMatchObject([
      { reason: { code: 'INVALID_PAYLOAD' } },
      { reason: { code: 'INVALID_PAYLOAD' } },
      { status: 'fulfilled' },
    ]);
    expect(sizes()).toEqual([1]);
  });

  test('a loop that awaits ready() is slowed down by bytes, too', async () => {
    stub.answer(STORED);
    const publishing = publisher({ maxPendingBytes: 1_000 });
    let most = 0;
    for (let n = 0; n < 50; n += 1) {
      await publishing.ready();
      void publishing.publish('x'.repeat(300));
      most = Math.max(most, publishing.pending);
    }
    await publishing.close();
    expect(most).toBeLessThanOrEqual(4);
    expect(sizes().reduce((sum, size) => sum + size)).toBe(50);
  });

  test('a refusal of another program, with null for details, reaches each message', async () => {
    const error = { code: 'INVALID_REQUEST', message: 'no', details: null };
    stub.answer((_, response) => response.writeHead(400).end(JSON.stringify({ ok: false, error })));
    const publishing = publisher();
    const settled = await Promise.allSettled([1, 2].map((n) => publishing.publish(n)));
    expect(settled).toMatchObject([{ reason: { details: [] } }, { reason: { details: [] } }]);
    await publishing.close();
  });

  test('a message that is refused and that nobody awaits is told by the runtime', async () => {
    stub.answer(STORED);
    const untold: unknown[] = [];
    const told = (error: unknown) => untold.push(error);
    const others = process.rawListeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', told);
    onTestFinished(() => {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other as () => void);
    });
    const publishing = publisher();
    void publishing.publish(1, { delaySeconds: Number.NaN });
    publishing.publish(2, { delaySeconds: Number.NaN }).catch(() => undefined);
    void publishing.publish(3);
    await publishing.close();
    await expect.poll(() => untold).toMatchObject([{ code: 'INVALID_OPTION' }]);
    expect(sizes()).toEqual([1]);
  });

  test('flush does not linger, close accepts no more', async () => {
    stub.answer(STORED);
    const publishing = publisher({ lingerMs: 60_000 });
    const first = publishing.publish(1);
    await publishing.flush();
    await first;
    const second = publishing.publish(2);
    await publishing.close();
    await second;
    await expect(publishing.publish(3)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(sizes()).toEqual([1, 1]);
  });

  test.each([
    [{ maxBatch: 0 }, 'maxBatch'],
    [{ maxBatch: 1_001 }, 'maxBatch'],
    [{ maxBatch: 1.5 }, 'maxBatch'],
    [{ maxBatchBytes: 2 ** 25 }, 'maxBatchBytes'],
    [{ lingerMs: -1 }, 'lingerMs'],
    [{ maxPending: 0 }, 'maxPending'],
    [{ maxInFlight: 0 }, 'maxInFlight'],
  ])('a wrong option is named: %o', (options, name) => {
    expect(() => publisher(options)).toThrow(name);
  });
});
