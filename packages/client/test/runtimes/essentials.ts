import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Millrace, MillraceError, Reject, Worker } from '@millrace/client';
import { verifySignature } from '@millrace/client/receiver';

/**
 * The essential part of the suite, for any runtime: it needs neither vitest nor a server in its process.
 * `npm run test:runtimes` runs it in Node 20, Node 24 and Bun.
 */
const millrace = new Millrace({ retries: { baseDelayMs: 10 } });
const { QUEUE = 'essentials' } = process.env;

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endAtMs = performance.now() + 20_000;
  while (!(await isTrue())) {
    assert.ok(performance.now() < endAtMs, `waited too long for ${isTrue}`);
    await pause(10);
  }
}

const CHECKS: Record<string, () => Promise<void>> = {
  async 'calls and lists'() {
    const queue = millrace.queue<{ order_id: number }>(`${QUEUE}-calls`);
    await queue.create({ visibilityTimeoutDefault: 60 });
    const { messageId } = await queue.publish({ order_id: 7 }, { headers: { 'x-a': 'ü' } });
    await queue.publishBatch([1, 2, 3, 4].map((order_id) => ({ payload: { order_id } })));
    const { messages } = await queue.consume({ maxMessages: 1 });
    assert.equal(messages[0]?.messageId, messageId);
    assert.deepEqual(messages[0]?.payload, { order_id: 7 });
    assert.deepEqual(await queue.ack(messages[0]), { messageId, acked: true });
    const peeked = await queue.peek({ limit: 2 }).toArray();
    assert.deepEqual(
      peeked.map(({ payload }) => payload.order_id),
      [1, 2, 3, 4],
    );
  },

  async errors() {
    const missing = millrace.queue('no-such-queue').get();
    await assert.rejects(missing, { name: 'MillraceError', code: 'QUEUE_NOT_FOUND', status: 404 });
    const nobody = new Millrace({ baseUrl: 'http://127.0.0.1:5', retries: false });
    await assert.rejects(nobody.queue('q').get(), (error: MillraceError) => {
      assert.equal(error.code, 'NETWORK_ERROR');
      assert.equal(error.mayHaveTakenEffect, false, 'nothing was sent');
      return true;
    });
    const empty = millrace.queue(`${QUEUE}-empty`);
    await empty.create();
    const slow = empty.consume({ waitSeconds: 20, signal: AbortSignal.timeout(50) });
    await assert.rejects(slow, { name: 'TimeoutError' });
    const silent = new Millrace({ timeoutMs: 1, retries: false, fetch: hanging });
    await assert.rejects(silent.queue('q').get(), { code: 'TIMEOUT', retryable: true });
  },

  async publisher() {
    const queue = millrace.queue<number>(`${QUEUE}-publisher`);
    await queue.create();
    const publisher = queue.publisher();
    const stored = Array.from({ length: 2_000 }, (_, n) => publisher.publish(n));
    await publisher.close();
    assert.equal(
      new Set((await Promise.all(stored)).map(({ messageId }) => messageId)).size,
      2_000,
    );
  },

  async worker() {
    const queue = millrace.queue<number>(`${QUEUE}-publisher`);
    let done = 0;
    const worker = new Worker(
      queue,
      async ({ payload }, { signal }) => {
        if (payload === 13) throw new Reject('13 is not wanted');
        assert.equal(signal.aborted, false);
        if (payload === 14) await pause(1_500);
        done += 1;
      },
      { concurrency: 64, visibilityTimeout: 1, waitSeconds: 0.2, signals: true, probePort: 0 },
    );
    await until(() => done === 1_999);
    const probe = await fetch(`http://127.0.0.1:${await worker.probePort()}/readyz`);
    assert.equal(probe.status, 200);
    await worker.stop();
    const { acked, deadLettered, leasesLost } = worker.counters;
    assert.deepEqual(
      { acked, deadLettered, leasesLost },
      { acked: 1_999, deadLettered: 1, leasesLost: 0 },
    );
    const { available, inFlight, dlq } = await queue.stats();
    assert.deepEqual({ available, inFlight, dlq }, { available: 0, inFlight: 0, dlq: 1 });
  },

  async signature() {
    // From the documentation of Standard Webhooks, at its own time.
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const forever = { toleranceSeconds: Number.MAX_SAFE_INTEGER };
    const push = await verifySignature(headers, '{"test": 2432232314}', secret, forever);
    assert.deepEqual(push.payload, { test: 2432232314 });
    await assert.rejects(verifySignature(headers, '{"test": 1}', secret, forever), MillraceError);
  },
};

/** A server that never answers. */
const hanging: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });

for (const [name, check] of Object.entries(CHECKS)) {
  await check();
  console.error(`ok ${name}`);
}
