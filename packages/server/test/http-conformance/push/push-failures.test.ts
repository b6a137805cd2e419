import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { moment } from '../use-server.js';
import { usePushes } from './use-pushes.js';

describe.each(STORE_FACTORIES)('outcomes of pushes on $name', (factory) => {
  const { running, client, clock, receiver, advanceUntil } = usePushes(factory);

  /** Moves the clock until the dead letter is there, and returns it. */
  const deadLetter = async (queue: string): Promise<Json> => {
    await advanceUntil(async () => (await client.stats(queue)).dlq === 1, 2_000);
    return (await client.deadLetters(queue))[0];
  };

  test.each([300, 302, 307, 400, 404, 500, 501, 505])(
    'the answer %i is a failure, after which the message is pushed again',
    async (status) => {
      const hook = await receiver();
      hook.reply = () => ({ status, headers: { location: `${hook.url}/elsewhere` } });
      const queue = await client.newQueue();
      await client.subscribed(queue, hook.url);
      const id = await client.publish(queue);
      await client.expectDelayed(queue);
      const { data } = (await client.message(queue, id)).body;
      expect(data.last_error).toBe(`the receiver answered ${status}`);
      expect(data.failed_deliveries).toHaveLength(1);
      hook.reply = () => 200;
      await advanceUntil(() => hook.pushes.length === 2);
      await client.expectEmpty(queue);
      expect(hook.pushes.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    },
  );

  test.each([
    ['standard', {}],
    ['fifo', { message_group_id: 'bad' }],
  ])('one failing message of a %s queue does not keep the breaker open', async (type, group) => {
    const hook = await receiver();
    hook.reply = ({ json }) => (json.payload === 'bad' ? 503 : 200);
    const queue = await client.newQueue({ type, max_retries: 2 });
    await client.subscribed(queue, hook.url);
    const bad = await client.publish(queue, 'bad', group);
    // Alone it fails until the breaker opens, and after that.
    await advanceUntil(() => hook.pushes.length >= 7);
    const publishGood = () =>
      client.publish(queue, 'good', type === 'fifo' ? { message_group_id: 'good' } : {});
    const good = [await publishGood(), await publishGood()];
    await advanceUntil(() => good.every((id) => hook.ids.includes(id)));
    // While other pushes succeed, the failures of the bad message count, and it dies.
    await advanceUntil(async () => {
      good.push(await publishGood());
      return (await client.stats(queue)).dlq === 1;
    }, 1_000);
    expect((await client.deadLetters(queue))[0].message_id).toBe(bad);
    await advanceUntil(() => good.every((id) => hook.ids.includes(id)));
  });

  test.each([200, 201, 202, 204, 206, 299])('the answer %i is a success', async (status) => {
    const hook = await receiver();
    hook.reply = () => status;
    const queue = await client.newQueue({ max_retries: 0 });
    await client.subscribed(queue, hook.url);
    await client.publish(queue);
    await hook.received(1);
    await client.expectEmpty(queue);
    expect(await client.deadLetters(queue)).toEqual([]);
  });

  test('a probe is sent while pushes from before the outage still hang', async () => {
    const hook = await receiver();
    const hanging: ((status: number) => void)[] = [];
    let asked = 0;
    hook.reply = () => {
      asked += 1;
      if (asked <= 3) return new Promise<number>((resolve) => hanging.push(resolve));
      return asked <= 8 ? 503 : 200;
    };
    const queue = await client.newQueue();
    await client.publishAll(
      queue,
      Array.from({ length: 20 }, (_, n) => n),
    );
    await client.subscribed(queue, hook.url, { max_in_flight: 8 });
    await hook.received(8);
    const atMs = clock.nowMs();
    await advanceUntil(() => hook.pushes.length > 10, 50);
    expect(clock.nowMs() - atMs).toBeLessThan(10_000);
    for (const answer of hanging) answer(200);
    await advanceUntil(async () => (await client.stats(queue)).in_flight === 0);
  });

  test('the retry delay doubles, minus a random part of up to a half', async () => {
    const hook = await receiver();
    hook.reply = () => 500;
    const queue = await client.newQueue({ max_retries: 4 });
    await client.subscribed(queue, hook.url);
    await client.publish(queue);
    for (const [index, wholeMs] of [1_000, 2_000, 4_000, 8_000].entries()) {
      await client.expectDelayed(queue);
      clock.advance(wholeMs / 2 - 1);
      await moment(20);
      expect(hook.pushes, `before half of delay ${index + 1}`).toHaveLength(index + 1);
      clock.advance(wholeMs / 2 + 1);
      await hook.received(index + 2);
    }
  });

  test('a message is a dead letter with its failures after 1 + max_retries attempts', async () => {
    const hook = await receiver();
    hook.reply = () => 500;
    const queue = await client.newQueue({ max_retries: 2 });
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    const message = await client.publish(queue, 'bad');
    expect(await deadLetter(queue)).toMatchObject({
      message_id: message,
      dead_letter_reason: 'max_retries',
      last_error: 'the receiver answered 500',
      delivery_count: 3,
    });
    expect(hook.ids).toEqual([message, message, message]);
    const { failed_deliveries } = dataOf(await client.message(queue, message));
    expect(failed_deliveries).toHaveLength(3);
    for (const failure of failed_deliveries) {
      expect(failure).toMatchObject({ how: 'nack', key_id: `push:${id}` });
    }
    clock.advance(3_600_000);
    await moment(50);
    expect(hook.pushes).toHaveLength(3);
  });

  test.each([
    [0, 5],
    [4, 0],
  ])('max_retries %i of the subscription overrides %i of the queue', async (own, queues) => {
    const hook = await receiver();
    hook.reply = () => 500;
    const queue = await client.newQueue({ max_retries: queues });
    await client.subscribed(queue, hook.url, { max_retries: own });
    await client.publish(queue);
    await deadLetter(queue);
    expect(hook.pushes).toHaveLength(own + 1);
  });

  test('the dead-letter queue of the subscription overrides that of the queue', async () => {
    const hook = await receiver();
    hook.reply = () => 400;
    const theirs = await client.newQueue();
    const ours = await client.newQueue();
    const queue = await client.newQueue({ max_retries: 0, dead_letter_queue: theirs });
    await client.subscribed(queue, hook.url, { dead_letter_queue: ours });
    await client.publish(queue, 'bad');
    await client.expectStats(ours, { available: 1 });
    expect(await client.stats(theirs)).toMatchObject({ available: 0 });
    expect((await client.take(ours)).source_queue).toBe(queue);
    // A message rejected by a consumer goes to the queue's own dead-letter queue.
    const [{ subscription_id: id }] = (await client.subscriptions(queue)) as [Json];
    dataOf(await client.change(queue, id, 'pause'));
    await client.publish(queue, 'by hand');
    const { message_id, receipt } = await client.take(queue);
    dataOf(await client.nack(queue, message_id, { receipt, requeue: false }));
    await client.expectStats(theirs, { available: 1 });
  });

  test('an expired lease counts by max_expired_leases of the queue and uses the dead-letter queue of the subscription', async () => {
    const hook = await receiver();
    hook.reply = () => 'none';
    const ours = await client.newQueue();
    const queue = await client.newQueue({ max_retries: 9, max_expired_leases: 0 });
    const settings = { max_retries: 5, visibility_timeout: 20, dead_letter_queue: ours };
    await client.subscribed(queue, hook.url, settings);
    const id = await client.publish(queue);
    await hook.received(1);
    // The push itself would end only after 16 seconds of real time.
    await advanceUntil(async () => (await client.stats(ours)).available === 1, 1_000);
    expect(await client.take(ours)).toMatchObject({
      message_id: id,
      source_queue: queue,
      dead_letter_reason: 'expired_lease',
    });
    expect(hook.pushes).toHaveLength(1);
  });

  test.each([
    ['in seconds', () => '600', 600_000],
    ['as a date', () => new Date(clock.nowMs() + 600_000).toUTCString(), 600_000],
    ['above an hour, capped at an hour,', () => '100000', 3_600_000],
  ])('a Retry-After %s delays the retry', async (_how, header, delayMs) => {
    const hook = await receiver();
    hook.reply = () => ({ status: 500, headers: { 'retry-after': header() } });
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url);
    const atMs = clock.nowMs();
    await client.publish(queue);
    await client.expectDelayed(queue);
    hook.reply = () => 200;
    // A date has whole seconds.
    clock.advance(delayMs - 1_500 - (clock.nowMs() - atMs));
    await moment(100);
    expect(hook.pushes).toHaveLength(1);
    await advanceUntil(() => hook.pushes.length === 2);
    expect(clock.nowMs() - atMs).toBeLessThan(2 * delayMs);
    await client.expectEmpty(queue);
  });

  test('a Retry-After shorter than the backoff does not shorten it', async () => {
    const hook = await receiver();
    hook.reply = () => ({ status: 500, headers: { 'retry-after': '0' } });
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url);
    await client.publish(queue);
    await client.expectDelayed(queue);
    clock.advance(499);
    await moment(50);
    expect(hook.pushes).toHaveLength(1);
  });

  test('the answer 410 is a failure and pauses the subscription, and a resume pushes again', async () => {
    const hook = await receiver();
    const queue = await client.newQueue({ max_retries: 100 });
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    for (let round = 0; round < 8; round += 1) {
      const before = hook.pushes.length;
      hook.reply = () => 410;
      await client.publish(queue, round);
      await hook.received(before + 1);
      await expect
        .poll(async () => (await client.subscriptions(queue))[0], { interval: 1 })
        .toMatchObject({ state: 'paused', paused_reason: 'gone' });
      hook.reply = () => 200;
      dataOf(await client.change(queue, id, 'resume'));
      await advanceUntil(() => hook.pushes.length > before + 1);
      await client.expectEmpty(queue);
    }
    expect(await client.deadLetters(queue)).toEqual([]);
  });

  test('the answer 410 uses up a retry, so a message without retries is a dead letter', async () => {
    const hook = await receiver();
    hook.reply = () => 410;
    const queue = await client.newQueue({ max_retries: 0 });
    await client.subscribed(queue, hook.url);
    await client.publish(queue);
    await client.expectStats(queue, { dlq: 1 });
    await client.publish(queue, 'after');
    clock.advance(60_000);
    await moment(50);
    expect(hook.pushes).toHaveLength(1);
    expect(await client.stats(queue)).toMatchObject({ available: 1 });
  });

  test('the last 100 deliveries are listed newest first, even after a restart', async () => {
    const hook = await receiver();
    hook.reply = ({ json }) => (json.payload === 104 ? 418 : 200);
    const queue = await client.newQueue({ max_retries: 0 });
    const { subscription_id: id } = await client.subscribed(queue, hook.url, { max_in_flight: 1 });
    const ids: string[] = [];
    for (let n = 0; n < 105; n += 1) {
      ids.push(await client.publish(queue, n));
      await expect.poll(() => hook.pushes.length, { interval: 1 }).toBe(n + 1);
      clock.advance(1);
    }
    await client.expectEmpty(queue);
    const list = await client.deliveries(queue, id);
    expect(list.map(({ message_id }) => message_id)).toEqual(ids.slice(5).reverse());
    const times = list.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(list[0]).toEqual({
      at: expect.any(String),
      message_id: ids[104],
      attempt: 1,
      status: 418,
      duration_ms: expect.any(Number),
    });
    await running.restart();
    expect(await client.deliveries(queue, id)).toEqual(list);
    dataOf(await client.unsubscribe(queue, id));
    const { subscription_id: next } = await client.subscribed(queue, hook.url);
    expect(await client.deliveries(queue, next)).toEqual([]);
  });
});
