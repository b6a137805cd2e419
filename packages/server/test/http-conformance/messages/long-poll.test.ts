import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { advanceUntil, moment, useServer } from '../use-server.js';

/** Usually long enough for a call to begin its wait. The tests also pass when it has not. */
const BEGUN_MS = 40;

describe.each(STORE_FACTORIES)('long polls on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const poll = (queue: string, more = {}) => client.consume(queue, { wait_seconds: 20, ...more });

  test('an available message is returned at once', async () => {
    const queue = await client.newQueue();
    await client.publish(queue, 1);
    expect(await poll(queue)).toHaveLength(1);
  });

  test('a message that is published during the wait is returned', async () => {
    const queue = await client.newQueue();
    const waiting = poll(queue);
    await moment(BEGUN_MS);
    await client.publish(queue, 'new');
    const [message] = await waiting;
    expect(message).toMatchObject({ payload: 'new', delivery_count: 1 });
  });

  test('a message that is published as the wait begins is returned', async () => {
    for (let round = 0; round < 20; round += 1) {
      const queue = await client.newQueue();
      const [messages] = await Promise.all([poll(queue), client.publish(queue, round)]);
      expect(messages).toHaveLength(1);
    }
  });

  test('the first message ends the wait, whatever max_messages is', async () => {
    const queue = await client.newQueue();
    const waiting = poll(queue, { max_messages: 100 });
    await moment(BEGUN_MS);
    await client.publish(queue);
    expect(await waiting).toHaveLength(1);
  });

  test('the answer is empty when wait_seconds pass without a message', async () => {
    const queue = await client.newQueue();
    expect(await advanceUntil(clock, 1_000, poll(queue, { wait_seconds: 20 }))).toEqual([]);
    expect(await advanceUntil(clock, 100, poll(queue, { wait_seconds: 0.5 }))).toEqual([]);
  });

  test('the wait does not end before wait_seconds have passed', async () => {
    const queue = await client.newQueue();
    let answered = false;
    const waiting = poll(queue).finally(() => {
      answered = true;
    });
    await moment(BEGUN_MS);
    clock.advance(19_999);
    await moment(BEGUN_MS);
    expect(answered).toBe(false);
    expect(await advanceUntil(clock, 1_000, waiting)).toEqual([]);
  });

  test('a wait_seconds of 0, the default, does not wait', async () => {
    const queue = await client.newQueue();
    expect(await client.consume(queue, { wait_seconds: 0 })).toEqual([]);
    expect(await client.consume(queue)).toEqual([]);
  });

  test('a message whose delay ends during the wait is returned', async () => {
    const queue = await client.newQueue();
    await client.publish(queue, 'delayed', { delay_seconds: 5 });
    const waiting = poll(queue);
    await moment(BEGUN_MS);
    clock.advance(5_001);
    expect((await waiting)[0]?.payload).toBe('delayed');
  });

  test('a message whose lease expires during the wait is returned', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    await client.take(queue, { visibility_timeout: 5 });
    const waiting = poll(queue);
    await moment(BEGUN_MS);
    clock.advance(5_001);
    expect((await waiting)[0]?.delivery_count).toBe(2);
  });

  test.each([
    ['nack', (queue: string, id: string) => client.nack(queue, id)],
    ['extend with 0', (queue: string, id: string) => client.extend(queue, id, 0)],
  ])('a message that %s makes available during the wait is returned', async (_how, giveBack) => {
    const queue = await client.newQueue();
    const id = await client.publish(queue);
    await client.take(queue);
    const waiting = poll(queue);
    await moment(BEGUN_MS);
    await giveBack(queue, id);
    expect((await waiting)[0]).toMatchObject({ message_id: id, delivery_count: 2 });
  });

  test('a message that dies during the wait is returned to a long poll on the dead-letter queue', async () => {
    const dead_letter_queue = await client.newQueue();
    const queue = await client.newQueue({ dead_letter_queue });
    const id = await client.publish(queue);
    await client.take(queue);
    const waiting = poll(dead_letter_queue);
    await moment(BEGUN_MS);
    await client.nack(queue, id, { requeue: false });
    expect((await waiting)[0]?.message_id).toBe(id);
  });

  test('as many of several long polls are answered as there are messages', async () => {
    const queue = await client.newQueue();
    let answered = 0;
    const waiting = Array.from({ length: 5 }, () =>
      poll(queue, { max_messages: 1 }).finally(() => {
        answered += 1;
      }),
    );
    await moment(BEGUN_MS);
    const ids = [await client.publish(queue), await client.publish(queue)];
    await expect.poll(() => answered).toBe(2);
    const answers = await advanceUntil(clock, 1_000, Promise.all(waiting));
    const got = answers.flat().map(({ message_id }) => message_id);
    expect(got.sort()).toEqual(ids.sort());
    expect(answers.filter((messages) => messages.length === 0)).toHaveLength(3);
  });

  test('a second message is returned to the next long poll when the first one takes only one', async () => {
    const queue = await client.newQueue();
    const waiting = [poll(queue, { max_messages: 1 }), poll(queue, { max_messages: 1 })];
    await moment(BEGUN_MS);
    await Promise.all([client.publish(queue, 'a'), client.publish(queue, 'b')]);
    const answers = await Promise.all(waiting);
    expect(answers.map(([message]) => message?.payload).sort()).toEqual(['a', 'b']);
  });

  test('a message in another queue does not end the wait', async () => {
    const [queue, other] = [await client.newQueue(), await client.newQueue()];
    let answered = false;
    const waiting = poll(queue).finally(() => {
      answered = true;
    });
    await moment(BEGUN_MS);
    await client.publish(other);
    await moment(BEGUN_MS);
    expect(answered).toBe(false);
    await client.publish(queue);
    expect(await waiting).toHaveLength(1);
  });

  test('no message stays available while clients wait, even when many are published at once', async () => {
    const queue = await client.newQueue();
    const got = new Set<number>();
    const waiting = Array.from({ length: 100 }, async () => {
      const messages = await poll(queue, { max_messages: 1 });
      for (const { payload } of messages) got.add(payload);
    });
    await moment(BEGUN_MS);
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.publish(queue, n)));
    await expect.poll(() => got.size, { interval: 20 }).toBe(100);
    await Promise.all(waiting);
  });

  test('messages that are published one after another are each returned to one long poll', async () => {
    const queue = await client.newQueue();
    const got = new Set<number>();
    for (let n = 0; n < 10; n += 1) {
      void poll(queue, { max_messages: 1 }).then((messages) => {
        for (const { payload } of messages) got.add(payload);
      });
    }
    await moment(BEGUN_MS);
    for (let n = 0; n < 10; n += 1) await client.publish(queue, n);
    await expect.poll(() => got.size, { interval: 20 }).toBe(10);
  });

  test('a server that stops answers waiting long polls with an empty list', async () => {
    const queue = await client.newQueue();
    const waiting = poll(queue);
    await moment(100);
    await running.restart();
    expect(await waiting).toEqual([]);
  });
});
