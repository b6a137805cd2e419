import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevServer } from './dev-server.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const DLQ = { max_retries: 0, max_expired_leases: 0 };

/** The answer to an advance comes when the store has caught up, so no test here waits. */
describe('an advance of the clock of millrace dev', () => {
  let dev: DevServer;
  beforeAll(async () => {
    dev = await DevServer.start();
  });
  afterAll(() => dev.stop());

  it('is shown with the time of the server', async () => {
    const before = (await dev.call('GET', '/dev/clock')).body.data;
    const after = await dev.advance(1.5);
    expect(after.ahead_seconds).toBe(before.ahead_seconds + 1.5);
    expect(Date.parse(after.now)).toBeGreaterThanOrEqual(Date.parse(before.now) + 1_500);
    const queue = await dev.client.newQueue();
    const { created_at } = (await dev.client.get(`get/${queue}`)).body.data;
    expect(Date.parse(created_at)).toBeGreaterThanOrEqual(Date.parse(after.now));
  });

  it('ends delays that it passes, and no others', async () => {
    const queue = await dev.client.newQueue();
    await dev.client.publish(queue, 'soon', { delay_seconds: HOUR });
    await dev.client.publish(queue, 'late', { delay_seconds: DAY });
    await dev.advance(HOUR);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 1, delayed: 1 });
    expect(await dev.client.payloads(queue)).toEqual(['soon']);
  });

  it('ends leases: the message is delivered again, and the old receipt is lost', async () => {
    const queue = await dev.client.newQueue();
    await dev.client.publish(queue);
    const first = await dev.client.take(queue, { visibility_timeout: HOUR });
    await dev.advance(HOUR);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
    const again = await dev.client.take(queue);
    expect(again).toMatchObject({ message_id: first.message_id, delivery_count: 2 });
    const late = await dev.client.ack(queue, first.message_id, { receipt: first.receipt });
    expect(late.body.error.code).toBe('LEASE_LOST');
  });

  it('makes a dead letter of a message whose last lease ends', async () => {
    const queue = await dev.client.newQueue(DLQ);
    await dev.client.publish(queue);
    await dev.client.take(queue);
    await dev.advance(31);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 0, in_flight: 0, dlq: 1 });
    expect(await dev.client.deadLetters(queue)).toMatchObject([
      { dead_letter_reason: 'expired_lease' },
    ]);
  });

  it('ends the delay of a nack', async () => {
    const queue = await dev.client.newQueue();
    await dev.client.publish(queue);
    const { message_id } = await dev.client.take(queue);
    await dev.client.nack(queue, message_id, { delay_seconds: HOUR });
    expect(await dev.client.stats(queue)).toMatchObject({ available: 0, delayed: 1 });
    await dev.advance(HOUR);
    expect(await dev.client.take(queue)).toMatchObject({ message_id, delivery_count: 2 });
  });

  it('removes messages and dead letters that it takes past their retention', async () => {
    const queue = await dev.client.newQueue({ message_retention_days: 1 });
    await dev.client.bury(queue, 'dead');
    await dev.client.publish(queue, 'available');
    await dev.client.publish(queue, 'delayed', { delay_seconds: HOUR });
    await dev.advance(DAY - HOUR);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 2, dlq: 1 });
    await dev.advance(HOUR);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 1, dlq: 0 });
    await dev.advance(DAY);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 0, delayed: 0, dlq: 0 });
  });

  it('ends the deduplication window', async () => {
    const queue = await dev.client.newQueue({ type: 'fifo' });
    const publish = () => dev.client.publish(queue, 'once', { deduplication_id: 'd' });
    const first = await publish();
    await dev.advance(290);
    expect(await publish()).toBe(first);
    await dev.advance(10);
    expect(await publish()).not.toBe(first);
  });

  it('ends the record of an idempotency key', async () => {
    const queue = await dev.client.newQueue();
    const publish = () => dev.client.publish(queue, 'once', { idempotency_key: 'k' });
    const first = await publish();
    await dev.advance(DAY - 60);
    expect(await publish()).toBe(first);
    await dev.advance(60);
    expect(await publish()).not.toBe(first);
  });

  it('ends the record of a consume with its leases', async () => {
    const queue = await dev.client.newQueue();
    await dev.client.publish(queue);
    const consume = () => dev.client.post('consume', { queue, idempotency_key: 'k' });
    await consume();
    await dev.advance(20);
    expect((await consume()).body.metadata.cache_hit).toBe(true);
    await dev.advance(10);
    const { data, metadata } = (await consume()).body;
    expect(metadata.cache_hit).toBe(false);
    expect(data.messages).toMatchObject([{ delivery_count: 2 }]);
  });

  it('frees a message group behind a lease, in its order', async () => {
    const queue = await dev.client.newQueue({ type: 'fifo' });
    for (const payload of ['first', 'second']) await dev.client.publish(queue, payload);
    await dev.client.take(queue);
    expect(await dev.client.consume(queue)).toEqual([]);
    await dev.advance(30);
    expect(await dev.client.payloads(queue)).toEqual(['first', 'second']);
  });

  it('wakes a long poll when a message becomes due', async () => {
    const queue = await dev.client.newQueue();
    await dev.client.publish(queue, 'due', { delay_seconds: 15 });
    const waiting = dev.client.consume(queue, { wait_seconds: 20 });
    await dev.expectWaits(1);
    await dev.advance(15);
    expect(await waiting).toMatchObject([{ payload: 'due' }]);
  });

  it('ends a long poll whose time is over', async () => {
    const queue = await dev.client.newQueue();
    const waiting = dev.client.consume(queue, { wait_seconds: 20 });
    await dev.expectWaits(1);
    await dev.advance(20);
    expect(await waiting).toEqual([]);
  });

  it('ends an API key at its expiry', async () => {
    const { now } = await dev.advance(0);
    const expires_at = new Date(Date.parse(now) + HOUR * 1_000).toISOString();
    const made = await dev.call('POST', '/v1/account/keys/create', { expires_at });
    const client = dev.client.with({ key: made.body.data.key });
    expect((await client.get('list')).status).toBe(200);
    await dev.advance(HOUR);
    expect((await client.get('list')).status).toBe(401);
  });

  it('does all that has become due, however much it is', async () => {
    const queue = await dev.client.newQueue({ message_retention_days: 1 });
    const payloads = Array.from({ length: 5_000 }, (_, n) => n);
    await dev.client.publishAll(queue, payloads, { delay_seconds: HOUR });
    await dev.advance(HOUR);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 5_000, delayed: 0 });
    await dev.advance(DAY);
    expect(await dev.client.stats(queue)).toMatchObject({ available: 0, delayed: 0 });
  });

  it.each([
    [-1, 'must be >= 0'],
    ['7d', 'must be number'],
    [undefined, 'is required'],
    [315_360_001, 'must be <= 315360000'],
  ])('by %j is refused, naming the field and the rule', async (seconds, rule) => {
    const { status, body } = await dev.askToAdvance(seconds);
    expect([status, body.error.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(body.error.details).toEqual([
      { path: '/seconds', message: expect.stringContaining(rule) },
    ]);
  });

  it('is refused when it would lead more than ten years ahead in all', async () => {
    const { body } = await dev.askToAdvance(315_360_000);
    expect(body.error.details[0].message).toMatch(/^must be <= \d+(\.\d+)?, because .* ten years/);
  });

  it('needs the key', async () => {
    for (const key of [null, 'ifr_some_other_key_0123']) {
      const options = { key };
      const answer = await dev.call('POST', '/dev/clock/advance', { seconds: 1 }, options);
      expect(answer.status).toBe(401);
    }
  });
});
