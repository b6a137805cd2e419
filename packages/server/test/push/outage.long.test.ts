import { describe, expect, it } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf } from '../http-conformance/answers/expect-answer.js';
import { usePushes } from '../http-conformance/push/use-pushes.js';
import { brokenPromises } from './delivery-checker.js';

const OUTAGE_SECONDS = 600;
const COUNT = 100;

describe.each(STORE_FACTORIES)('an outage of a receiver for ten minutes on $name', (factory) => {
  const { client, receiver, advanceUntil, advanceIdle } = usePushes(factory);

  it.each(['standard', 'fifo'] as const)(
    'uses up no retries of the messages of a %s queue, which are all delivered afterwards',
    async (type) => {
      const hook = await receiver();
      const queue = await client.newQueue({ type, max_retries: 3 });
      await client.subscribed(queue, hook.url);
      await hook.stop();
      const messages = Array.from({ length: COUNT }, (_, n) => ({
        payload: n,
        ...(type === 'fifo' ? { message_group_id: `g${n % 20}` } : {}),
      }));
      const { message_ids } = dataOf(await client.post('publish_batch', { queue, messages }));
      for (let second = 0; second < OUTAGE_SECONDS; second += 4) {
        await advanceIdle(queue, 4_000);
      }
      const { dlq, available, delayed, in_flight } = await client.stats(queue);
      expect({ dlq, total: available + delayed + in_flight }).toEqual({ dlq: 0, total: COUNT });
      await hook.startAgain();
      while (!(await client.isEmpty(queue))) await advanceIdle(queue, 4_000);
      const received = hook.ids.map((id) => ({ id, status: 200 }));
      const published = message_ids.map((id: string, n: number) => ({ id, group: `g${n % 20}` }));
      const run = { published, received, deadLetters: [], maxRetries: 0 };
      expect(brokenPromises({ ...run, isFifo: type === 'fifo' })).toEqual([]);
      expect(received).toHaveLength(COUNT);
    },
    240_000,
  );

  it.each([503, 429])(
    'uses up no retries if the receiver answers every push with %i',
    async (status) => {
      const hook = await receiver();
      hook.reply = () => status;
      const queue = await client.newQueue({ max_retries: 3 });
      await client.subscribed(queue, hook.url);
      const ids = await client.publishAll(queue, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      for (let second = 0; second < OUTAGE_SECONDS; second += 5) {
        await advanceIdle(queue, 5_000);
      }
      expect((await client.stats(queue)).dlq).toBe(0);
      const before = hook.pushes.length;
      // The breaker lets through single probes at doubling intervals, few of them in 600 seconds.
      expect(before).toBeLessThan(10 + 12);
      hook.reply = () => 200;
      while (!(await client.isEmpty(queue))) await advanceIdle(queue, 4_000);
      const delivered = hook.ids.slice(before);
      expect(new Set(delivered)).toEqual(new Set(ids));
      // A push in progress while the clock was moved may be repeated.
      expect(delivered.length).toBeLessThanOrEqual(ids.length + 1);
    },
    240_000,
  );

  it('does not include a single message that gets 500, which is dead after 1 + max_retries attempts', async () => {
    const hook = await receiver();
    hook.reply = ({ json }) => (json.payload === 'bad' ? 500 : 200);
    const queue = await client.newQueue({ max_retries: 3 });
    await client.subscribed(queue, hook.url);
    const bad = await client.publish(queue, 'bad');
    for (let n = 0; n < 20; n += 1) {
      await client.publish(queue, n);
      await advanceIdle(queue, 1_000);
    }
    await advanceUntil(() => client.isEmpty(queue), 500);
    expect((await client.deadLetters(queue)).map(({ message_id }) => message_id)).toEqual([bad]);
    expect(hook.ids.filter((id) => id === bad)).toHaveLength(4);
    expect(hook.pushes).toHaveLength(4 + 20);
  });

  it('does not include a single message that gets 503, which is dead after max_retries + 2 attempts', async () => {
    const hook = await receiver();
    hook.reply = ({ json }) => (json.payload === 'bad' ? 503 : 200);
    const queue = await client.newQueue({ max_retries: 3 });
    await client.subscribed(queue, hook.url);
    const bad = await client.publish(queue, 'bad');
    await hook.received(1);
    for (let n = 0; n < 60 && (await client.stats(queue)).dlq === 0; n += 1) {
      // The bad message is delayed, so the good one is pushed after its failure and before its next
      // attempt, which shows that the receiver works.
      await client.expectStats(queue, { delayed: 1, available: 0, in_flight: 0 });
      await client.publish(queue, n);
      await client.expectStats(queue, { delayed: 1, available: 0, in_flight: 0 });
      expect(hook.pushes.some(({ json }) => json.payload === n)).toBe(true);
      const before = hook.ids.filter((id) => id === bad).length;
      await advanceUntil(() => hook.ids.filter((id) => id === bad).length > before, 100);
      await expect.poll(async () => (await client.stats(queue)).in_flight).toBe(0);
    }
    expect((await client.deadLetters(queue)).map(({ message_id }) => message_id)).toEqual([bad]);
    expect(hook.ids.filter((id) => id === bad)).toHaveLength(5);
  });
});
