import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, expectRefusedField } from '../answers/expect-answer.js';

describe.each(STORE_FACTORIES)('priorities on $name', (factory) => {
  const { running, client, clock } = useManager(factory);
  const publish = async (queue: string, ...priorities: (number | undefined)[]) => {
    const messages = priorities.map((priority, n) => ({ payload: `${priority}.${n}`, priority }));
    dataOf(await client.post('publish_batch', { queue, messages }));
  };

  test('order messages from high to low, then by publish order, with 0 as the default', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    await publish(queue, 0, 9, undefined, 5, 9, 1);
    const messages = await client.consume(queue);
    const order = ['9.1', '9.4', '5.3', '1.5', '0.0', 'undefined.2'];
    expect(messages.map(({ payload }) => payload)).toEqual(order);
    expect(messages.map(({ priority }) => priority)).toEqual([9, 9, 5, 1, 0, 0]);
  });

  test('let a later message of higher priority overtake waiting messages', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    for (const priority of [1, 5, 9]) await publish(queue, priority, priority);
    const seen: string[] = [];
    for (let n = 0; n < 3; n += 1) seen.push((await client.take(queue)).priority);
    await publish(queue, 9);
    for (let n = 0; n < 4; n += 1) seen.push((await client.take(queue)).priority);
    expect(seen).toEqual([9, 9, 5, 9, 5, 1, 1]);
  });

  test('let a retried message keep its position among messages of the same priority', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    await publish(queue, 3, 3, 7);
    await client.take(queue);
    const second = await client.take(queue);
    await client.nack(queue, second.message_id);
    expect(await client.payloads(queue)).toEqual(['3.0', '3.1']);
  });

  test('order a delayed message by its priority once it is due', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    await client.publish(queue, 'late', { priority: 9, delay_seconds: 5 });
    await client.publish(queue, 'early', { priority: 1 });
    clock.advance(5_001);
    expect(await client.payloads(queue)).toEqual(['late', 'early']);
  });

  test('do not order messages that were published before enable_priority was switched on', async () => {
    const queue = await client.newQueue();
    await client.publish(queue, 'before', { priority: 9 });
    await client.update(queue, { enable_priority: true });
    await publish(queue, 0, 5);
    expect(await client.payloads(queue)).toEqual(['5.1', 'before', '0.0']);
  });

  test('still order messages that were published before enable_priority was switched off', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    await publish(queue, 0, 5);
    await client.update(queue, { enable_priority: false });
    await client.publish(queue, 'after', { priority: 9 });
    expect(await client.payloads(queue)).toEqual(['5.1', '0.0', 'after']);
  });

  test('still order messages after a restart', async () => {
    const queue = await client.newQueue({ enable_priority: true });
    await publish(queue, 0, 9, 4);
    await running.restart();
    expect(await client.payloads(queue)).toEqual(['9.1', '4.2', '0.0']);
  });

  test('from 0 to 9 are accepted by any queue, and others are refused', async () => {
    const queue = await client.newQueue();
    await publish(queue, 0, 9);
    for (const priority of [-1, 10, 1.5, '5']) {
      const answer = await client.post('publish', { queue, payload: 1, priority });
      expectRefusedField(answer, 'priority', String(priority));
    }
  });
});
