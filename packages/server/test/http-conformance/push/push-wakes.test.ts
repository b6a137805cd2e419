import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { moment } from '../use-server.js';
import { usePushes } from './use-pushes.js';

/**
 * The clock of these tests stands still unless they move it, so a push that arrives was started by a
 * signal and not by a timer of the server.
 */
describe.each(STORE_FACTORIES)('the start of pushes on $name', (factory) => {
  const { running, client, clock, receiver, advanceUntil } = usePushes(factory);

  test('needs no timer after a publish or a publish_batch', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url);
    const atMs = clock.nowMs();
    for (let n = 1; n <= 5; n += 1) {
      await client.publish(queue, n);
      await hook.received(n);
      await client.expectEmpty(queue);
    }
    await client.publishAll(queue, [6, 7, 8]);
    await hook.received(8);
    await client.bury(await client.newQueue(), 'elsewhere');
    expect(clock.nowMs()).toBe(atMs);
  });

  test('happens for all messages published before the subscription, even more than max_in_flight', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.publishAll(
      queue,
      Array.from({ length: 57 }, (_, n) => n),
    );
    await client.subscribed(queue, hook.url, { max_in_flight: 5 });
    await hook.received(57);
    await client.expectEmpty(queue);
    expect(hook.pushes).toHaveLength(57);
  });

  test('happens for messages too large for one lease in several leases', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    // 36 MB, while one lease takes up to 16 MiB.
    const payload = 'x'.repeat(900_000);
    for (let n = 0; n < 40; n += 1) await client.publish(queue, payload);
    await client.subscribed(queue, hook.url, { max_in_flight: 100 });
    await hook.received(40);
    await client.expectEmpty(queue);
  });

  test('happens for redriven dead letters', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const ids = await client.bury(queue, 1, 2, 3);
    await client.subscribed(queue, hook.url);
    dataOf(await client.redrive(queue));
    await hook.received(3);
    expect([...hook.ids].sort()).toEqual([...ids].sort());
  });

  test('happens for a delayed message when its delay ends, not before', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url);
    await client.publish(queue, 1, { delay_seconds: 60 });
    clock.advance(59_000);
    await moment(100);
    expect(hook.pushes).toHaveLength(0);
    await advanceUntil(() => hook.pushes.length === 1);
  });

  test('waits for the resume if the message is published after a pause was answered', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    for (let round = 0; round < 20; round += 1) {
      dataOf(await client.change(queue, id, 'pause'));
      await client.publish(queue, round);
      await moment(10);
      expect(hook.pushes, `round ${round}`).toHaveLength(round);
      expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
      dataOf(await client.change(queue, id, 'resume'));
      await hook.received(round + 1);
      await client.expectEmpty(queue);
    }
  });

  test('does not happen if the message is published after a deletion was answered', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    for (let round = 0; round < 10; round += 1) {
      const { subscription_id: id } = await client.subscribed(queue, hook.url);
      dataOf(await client.unsubscribe(queue, id));
      await client.publish(queue, round);
      await moment(10);
      expect(hook.pushes, `round ${round}`).toHaveLength(0);
      expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
      // Otherwise the next subscription would get it.
      dataOf(await client.purge(queue));
    }
  });

  test('is not undone by a pause: a push in progress finishes, and its message is acked', async () => {
    const hook = await receiver();
    let answer: (status: number) => void = () => undefined;
    hook.reply = () => new Promise<number>((resolve) => (answer = resolve));
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    await client.publish(queue);
    await hook.received(1);
    dataOf(await client.change(queue, id, 'pause'));
    answer(200);
    await client.expectEmpty(queue);
    expect(await client.deadLetters(queue)).toEqual([]);
  });

  test('uses new settings even when they change within one millisecond', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    for (let n = 0; n < 10; n += 1) {
      await client.subscribed(queue, hook.url, { headers: { 'x-version': String(n) } });
      await client.publish(queue, n);
      const pushes = await hook.received(n + 1);
      expect(pushes[n]?.headers['x-version']).toBe(String(n));
    }
  });

  test('does not use the old url after the queue was deleted and created again', async () => {
    const hook = await receiver();
    const name = await client.newQueue();
    for (let round = 0; round < 10; round += 1) {
      await client.subscribed(name, hook.url);
      dataOf(await client.delete(name));
      dataOf(await client.post('create', { name }));
      await client.publish(name, round);
      await moment(5);
      expect(hook.pushes, `round ${round}`).toHaveLength(0);
      expect(await client.stats(name)).toMatchObject({ available: 1, in_flight: 0 });
      dataOf(await client.purge(name));
    }
    // The new queue can have its own subscription.
    await client.publish(name);
    const other = await receiver();
    await client.subscribed(name, other.url);
    await other.received(1);
    expect(hook.pushes).toHaveLength(0);
  });

  test('happens again for messages whose push was in progress when the server stopped', async () => {
    const hook = await receiver();
    hook.reply = () => 'none';
    const queue = await client.newQueue({ max_retries: 0 });
    await client.publishAll(queue, [1, 2, 3]);
    await client.subscribed(queue, hook.url);
    await hook.received(3);
    await running.restart();
    hook.reply = () => 200;
    await hook.received(6);
    await client.expectEmpty(queue);
    expect(await client.deadLetters(queue)).toEqual([]);
  });
});

describe.each(STORE_FACTORIES)(
  'push subscriptions and consumers of one queue on $name',
  (factory) => {
    const { client, receiver, advanceUntil } = usePushes(factory);

    test('each get only some of the messages, and each message goes to one subscription', async () => {
      const queue = await client.newQueue();
      const hooks = await Promise.all([receiver(), receiver(), receiver()]);
      for (const hook of hooks) {
        hook.reply = () => moment(2).then(() => 200);
        await client.subscribed(queue, hook.url, { max_in_flight: 2 });
      }
      const payloads = Array.from({ length: 300 }, (_, n) => n);
      const ids = await client.publishAll(queue, payloads);
      await client.expectEmpty(queue);
      expect(hooks.flatMap((hook) => hook.ids).sort()).toEqual([...ids].sort());
      for (const hook of hooks) expect(hook.pushes.length).toBeGreaterThan(0);
    });

    test('do not get the messages that another one has leased', async () => {
      const hook = await receiver();
      const queue = await client.newQueue();
      const waiting = client.consume(queue, { wait_seconds: 20, max_messages: 1 });
      await moment(50);
      await client.subscribed(queue, hook.url);
      const ids = await client.publishAll(queue, [1, 2, 3, 4]);
      const taken = (await waiting).map(({ message_id }) => message_id);
      expect(taken).toHaveLength(1);
      await hook.received(3);
      expect([...hook.ids, ...taken].sort()).toEqual([...ids].sort());
    });

    /** A long poll, and then another subscription, gets each of five messages as it comes. */
    const expectOthersWoken = async (queue: string): Promise<void> => {
      for (let n = 0; n < 5; n += 1) {
        const waiting = client.consume(queue, { wait_seconds: 20 });
        await moment(30);
        await client.publish(queue, n);
        const [message] = await waiting;
        expect(message).toMatchObject({ payload: n });
        dataOf(await client.ack(queue, message.message_id, { receipt: message.receipt }));
      }
      const free = await receiver();
      await client.subscribed(queue, free.url);
      for (let n = 0; n < 5; n += 1) {
        await client.publish(queue, n);
        await free.received(n + 1);
      }
    };

    test('are woken even if another subscription has no free slot', async () => {
      const busy = await receiver();
      busy.reply = () => 'none';
      const queue = await client.newQueue();
      await client.subscribed(queue, busy.url, { max_in_flight: 1 });
      await client.publish(queue, 'taken');
      await busy.received(1);
      await expectOthersWoken(queue);
      expect(busy.pushes).toHaveLength(1);
    });

    test('are woken even if the breaker of another subscription is open', async () => {
      const down = await receiver();
      const queue = await client.newQueue();
      const { subscription_id: id } = await client.subscribed(queue, down.url);
      await down.stop();
      await client.publishAll(queue, [0, 1, 2, 3, 4, 5, 6]);
      // Five outages in a row open the breaker; then the messages stay available.
      await expect
        .poll(async () => (await client.deliveries(queue, id)).length, { interval: 10 })
        .toBeGreaterThanOrEqual(5);
      await client.expectStats(queue, { in_flight: 0 });
      dataOf(await client.purge(queue));
      await expectOthersWoken(queue);
    });

    test('get one message of a message group at a time, and a failure blocks only its message group', async () => {
      const hook = await receiver();
      const underWay = new Map<string, number>();
      let groupsAtOnce = 0;
      hook.reply = async ({ json, headers }) => {
        const group: string = json.message_group_id;
        const others = underWay.get(group) ?? 0;
        underWay.set(group, others + 1);
        groupsAtOnce = Math.max(groupsAtOnce, [...underWay.values()].filter(Boolean).length);
        await moment(3);
        underWay.set(group, (underWay.get(group) ?? 0) - 1);
        if (others > 0) return 599;
        return json.payload === 2 && group === 'g0' && headers['x-millrace-attempt'] === '1'
          ? 500
          : 200;
      };
      const queue = await client.newQueue({ type: 'fifo', max_retries: 9 });
      const other = await receiver();
      other.reply = hook.reply;
      await client.subscribed(queue, hook.url, { max_in_flight: 20 });
      await client.subscribed(queue, other.url, { max_in_flight: 20 });
      const messages = Array.from({ length: 50 }, (_, n) => ({
        payload: Math.floor(n / 5),
        message_group_id: `g${n % 5}`,
      }));
      dataOf(await client.post('publish_batch', { queue, messages }));
      // The other four message groups finish while the first one waits for its second attempt.
      await expect
        .poll(async () => await client.stats(queue), { interval: 10 })
        .toMatchObject({ in_flight: 0, available: 7, delayed: 1 });
      await advanceUntil(() => client.isEmpty(queue));
      const pushes = [...hook.pushes, ...other.pushes];
      expect(pushes).toHaveLength(51);
      expect(groupsAtOnce).toBeGreaterThan(1);
      expect(await client.deadLetters(queue)).toEqual([]);
    });
  },
);
