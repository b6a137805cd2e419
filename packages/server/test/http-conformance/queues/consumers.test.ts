import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { advanceUntil, useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('the consumers of a queue on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const isoNow = (): string => new Date(clock.nowMs()).toISOString();
  const keyOf = async (scopes: string[]): Promise<{ key: string; key_id: string }> =>
    dataOf(await running.call('POST', '/v1/account/keys/create', { scopes }));

  test('are nobody at first', async () => {
    const queue = await client.newQueue();
    const stats = await client.stats(queue);
    expect(stats).toMatchObject({ waiting_consumers: 0 });
    expect(stats).not.toHaveProperty('last_fetch_at');
    expect(stats).not.toHaveProperty('last_fetch_key_id');
  });

  test('show the last consume and its key, whether it found a message or not', async () => {
    const queue = await client.newQueue();
    const { key, key_id } = await keyOf(['consume']);
    await client.with({ key }).consume(queue);
    const first = { last_fetch_at: isoNow(), last_fetch_key_id: key_id };
    expect(await client.stats(queue)).toMatchObject(first);
    clock.advance(5_000);
    expect(await client.stats(queue)).toMatchObject(first);
    await client.publish(queue);
    await client.take(queue);
    const second = { last_fetch_at: isoNow(), last_fetch_key_id: 'configured' };
    expect(await client.stats(queue)).toMatchObject({ ...second, waiting_consumers: 0 });
  });

  test('are counted while they wait, and no longer', async () => {
    const queue = await client.newQueue();
    const startMs = clock.nowMs();
    const polls = [1, 2, 3].map(() => client.consume(queue, { wait_seconds: 20 }));
    const waiting = async () => (await client.stats(queue)).waiting_consumers;
    await expect.poll(waiting).toBe(3);
    await client.publish(queue);
    await expect.poll(waiting).toBe(2);
    await advanceUntil(clock, 1_000, Promise.all(polls));
    expect(await waiting()).toBe(0);
    const { last_fetch_at } = await client.stats(queue);
    // The end of a wait is the last moment at which somebody looked.
    expect(Date.parse(last_fetch_at as string)).toBeGreaterThan(startMs + 15_000);
  });

  test('are in lists too', async () => {
    const queue = await client.newQueue();
    await client.consume(queue);
    const list = dataOf(await client.get(`list?prefix=${queue}&include=stats`));
    expect(list.items[0].stats).toEqual(await client.stats(queue));
  });

  test('are known again after a restart, but wait no more', async () => {
    const queue = await client.newQueue();
    await client.consume(queue);
    const { last_fetch_at } = await client.stats(queue);
    await running.restart();
    clock.advance(60_000);
    const known = { waiting_consumers: 0, last_fetch_at, last_fetch_key_id: 'configured' };
    expect(await client.stats(queue)).toMatchObject(known);
  });

  test('of a queue that had the same name before are forgotten', async () => {
    const queue = await client.newQueue();
    await client.consume(queue);
    clock.advance(1_000);
    await running.call('DELETE', `/v1/queue/delete/${queue}`);
    await client.post('create', { name: queue });
    clock.advance(20_000);
    expect(await client.stats(queue)).not.toHaveProperty('last_fetch_at');
  });

  test('are not those of a push subscription', async () => {
    const queue = await client.newQueue();
    const url = 'https://receiver.example/hook';
    dataOf(await client.post(`push_subscribe/${queue}`, { url }));
    await client.publish(queue);
    await expect
      .poll(async () => {
        clock.advance(100);
        return (await client.stats(queue)).available;
      })
      .toBe(0);
    const stats = await client.stats(queue);
    expect(stats).toMatchObject({ waiting_consumers: 0 });
    expect(stats).not.toHaveProperty('last_fetch_at');
  });
});
