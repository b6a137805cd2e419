import { type Delivery, MillraceError, type Queue } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../server/test/harness/stores.js';
import { useClient } from './harness/use-client.js';

const failure = (call: Promise<unknown>): Promise<MillraceError> =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error) => error,
  );

/** Consumes the message that is there. */
async function take<T>(queue: Queue<T>): Promise<Delivery<T>> {
  const { messages } = await queue.consume({ maxMessages: 1 });
  return messages[0] ?? expect.unreachable('there is no message');
}

describe.each(STORE_FACTORIES)('calls on $name', (factory) => {
  const running = useClient(factory, ['--push-allow', '127.0.0.0/8']);

  test('a queue is created, read, changed, listed, emptied and deleted', async () => {
    const queue = await running.newQueue({ maxRetries: 5, visibilityTimeoutDefault: 60 });
    expect(await queue.get()).toMatchObject({
      queue: queue.name,
      type: 'standard',
      maxRetries: 5,
      visibilityTimeoutDefault: 60,
    });
    expect(await queue.update({ maxExpiredLeases: 7 })).toMatchObject({ maxExpiredLeases: 7 });
    expect(await queue.update({ maxExpiredLeases: null })).toMatchObject({ maxExpiredLeases: 5 });
    const listed = await running
      .client()
      .queues.list({ prefix: queue.name, include: 'stats' })
      .toArray();
    expect(listed).toMatchObject([{ queue: queue.name, stats: { inFlight: 0 } }]);
    await queue.publish(1);
    expect(await queue.purge()).toEqual({ queue: queue.name, purged: 1 });
    expect(await queue.delete()).toEqual({ queue: queue.name, deleted: true });
    const error = await failure(queue.get());
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code: 'QUEUE_NOT_FOUND', status: 404, retryable: false });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.hint).toBeTypeOf('string');
  });

  test('payloads and headers travel untouched, other names in camel case', async () => {
    const queue = await running.newQueue();
    const payload = { order_id: 7, nestedName: { message_id: 'mine', leaseExpiresAt: null } };
    const headers = { x_custom_header: 'a', xOther: 'b' };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { messageId } = await queue.publish(payload, {
      headers,
      messageGroupId: 'g',
      traceparent,
    });
    const { messages, invalid } = await queue.consume();
    expect(invalid).toEqual([]);
    expect(messages).toMatchObject([{ messageId, payload, messageGroupId: 'g', deliveryCount: 1 }]);
    expect(messages[0]?.headers).toEqual({ ...headers, traceparent });
    expect(messages[0]?.payload).toEqual(payload);
  });

  test('a delivery is extended, nacked, looked at and acked', async () => {
    const queue = await running.newQueue<string>();
    const { messageIds } = await queue.publishBatch([
      { payload: 'a' },
      { payload: 'b', delaySeconds: 600 },
    ]);
    const [id = ''] = messageIds;
    const first = await take(queue);
    expect(first.payload).toBe('a');
    const extended = await queue.extend(first, 120);
    expect(extended).toMatchObject({ messageId: id, extended: true });
    expect(await queue.nack(first, { error: 'no luck' })).toMatchObject({
      nacked: true,
      requeued: true,
    });
    expect(await queue.message(id)).toMatchObject({
      lastError: 'no luck',
      failedDeliveries: [{ how: 'nack', error: 'no luck' }],
    });
    const states = (await queue.peek().toArray()).map(({ payload, state }) => [payload, state]);
    expect(states).toEqual([
      ['a', 'available'],
      ['b', 'delayed'],
    ]);
    const second = await take(queue);
    expect(await failure(queue.nack(first))).toMatchObject({ status: 409, code: 'LEASE_LOST' });
    expect(await queue.ackBatch([second])).toMatchObject({ results: [{ acked: true }] });
    expect(await queue.ack(second)).toMatchObject({ acked: false });
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0, delayed: 1 });
    expect((await queue.history()).minutes).toHaveLength(60);
    expect((await queue.history({ span: 'day' })).quarterHours).toHaveLength(96);
  });

  test('dead letters are listed page by page, redriven and purged', async () => {
    const queue = await running.newQueue<number>();
    await queue.publishBatch([1, 2, 3, 4, 5].map((payload) => ({ payload })));
    const { messages } = await queue.consume();
    const { results } = await queue.nackBatch(messages.map((m) => ({ ...m, requeue: false })));
    expect(results.every(({ requeued }) => !requeued)).toBe(true);
    const pages: number[][] = [];
    for await (const { items } of queue.dlq.list({ limit: 2 }).pages()) {
      pages.push(items.map(({ payload }) => payload));
    }
    expect(pages).toEqual([[1, 2], [3, 4], [5]]);
    const first = await queue.dlq.list({ limit: 2 }).page();
    const rest = queue.dlq.list({ limit: 2, cursor: first.nextCursor });
    expect((await rest.toArray(2)).map(({ payload }) => payload)).toEqual([3, 4]);
    expect(await queue.dlq.redrive({ since: new Date(0), maxMessages: 2 })).toMatchObject({
      redriven: 2,
    });
    expect(await queue.dlq.purge()).toMatchObject({ purged: 3 });
    expect(await queue.stats()).toMatchObject({ available: 2, dlq: 0 });
  });

  test('push subscriptions are made, paused, resumed, tested and removed', async () => {
    const queue = await running.newQueue();
    const made = await queue.pushSubscribe('http://127.0.0.1:9/hook', {
      maxInFlight: 3,
      headers: { 'x-a': 'b' },
    });
    expect(made).toMatchObject({ state: 'active', maxInFlight: 3, headers: { 'x-a': '***' } });
    const id = made.subscriptionId;
    expect(await queue.pushPause(id)).toMatchObject({ state: 'paused', pausedReason: 'requested' });
    expect(await queue.pushTest(id)).toMatchObject({ delivered: false });
    expect(await queue.pushDeliveries(id).toArray()).toEqual([]);
    expect(await queue.pushResume(id)).toMatchObject({ state: 'active' });
    expect(await queue.pushSubscriptions().toArray()).toHaveLength(1);
    expect(await queue.pushUnsubscribe(id)).toEqual({ subscriptionId: id, deleted: true });
    expect(await failure(queue.pushTest(id))).toMatchObject({ code: 'SUBSCRIPTION_NOT_FOUND' });
  });

  test('keys are made, listed and revoked, and the audit log says so', async () => {
    const { keys } = running.client().account;
    const made = await keys.create({
      name: 'worker',
      scopes: ['consume'],
      expiresAt: new Date('2099-01-01'),
    });
    expect(made).toMatchObject({ name: 'worker', expiresAt: '2099-01-01T00:00:00.000Z' });
    expect((await keys.list().toArray()).map(({ keyId }) => keyId)).toContain(made.keyId);
    const worker = running.client({ apiKey: made.key });
    expect(await worker.account.whoami()).toEqual({
      keyId: made.keyId,
      project: 'default',
      scopes: ['consume'],
    });
    expect(await failure(worker.queue('q').publish(1))).toMatchObject({ code: 'SCOPE_MISSING' });
    expect(await keys.revoke(made.keyId)).toEqual({ keyId: made.keyId, revoked: true });
    const entries = await running.client().account.audit({ limit: 100 }).toArray(100);
    expect(entries).toContainEqual(
      expect.objectContaining({
        action: 'account.keys.create',
        target: made.keyId,
        outcome: 'done',
      }),
    );
  });

  test('a refusal names the field, and warnings reach whoever wants them', async () => {
    const warnings: unknown[] = [];
    const millrace = running.client({ onWarning: (warning) => warnings.push(warning) });
    const queue = millrace.queue((await running.newQueue()).name);
    const error = await failure(queue.publish(1, { delaySeconds: -1 }));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
    expect(error.details).toMatchObject([{ path: '/delay_seconds' }]);
    await queue.publish(1, { delay: 5 } as object);
    expect(warnings).toMatchObject([{ call: 'queue.publish', path: '/delay' }]);
  });

  test('the same idempotency key gives the first answer again', async () => {
    const queue = await running.newQueue();
    const first = await queue.publish(1, { idempotencyKey: 'once ☃' });
    expect(await queue.publish(1, { idempotencyKey: 'once ☃' })).toEqual(first);
    expect(await failure(queue.publish(2, { idempotencyKey: 'once ☃' }))).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });
});
