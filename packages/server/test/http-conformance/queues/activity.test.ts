import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const MINUTE_MS = 60_000;

describe.each(STORE_FACTORIES)('the activity in a list on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const listed = async (queue: string, include = 'activity') =>
    dataOf(await client.get(`list?prefix=${queue}&include=${include}`)).items[0];
  /** Moves the clock to this many seconds after the beginning of a minute. */
  const toSecond = (seconds: number): void => {
    const intoMs = clock.nowMs() % MINUTE_MS;
    clock.advance((seconds * 1_000 - intoMs + MINUTE_MS) % MINUTE_MS || MINUTE_MS);
  };
  /** Lets the tallies be written. */
  const written = async (): Promise<void> => {
    clock.advance(2_000);
    await expect.poll(async () => (await listed('a')).activity.published).toBe(10);
  };

  test('is an estimate of the last 60 seconds', async () => {
    await client.post('create', { name: 'a', max_retries: 0 });
    const none = { published: 0, delivered: 0, acked: 0, failed: 0, dead_lettered: 0 };
    expect((await listed('a')).activity).toEqual(none);
    toSecond(0);
    for (let count = 0; count < 10; count += 1) await client.publish('a');
    const messages = await client.consume('a', { max_messages: 4, visibility_timeout: 600 });
    for (const { message_id } of messages.slice(0, 2)) await client.ack('a', message_id);
    await client.nack('a', messages[2]?.message_id as string);
    await written();
    const all = { published: 10, delivered: 4, acked: 2, failed: 1, dead_lettered: 1 };
    expect((await listed('a')).activity).toEqual(all);
    toSecond(0);
    expect((await listed('a')).activity).toEqual(all);
    toSecond(30);
    expect((await listed('a')).activity).toMatchObject({ published: 5, delivered: 2, acked: 1 });
    toSecond(0);
    expect((await listed('a')).activity).toEqual(none);
  });

  test('comes with the stats, in either order, and only on request', async () => {
    const queue = await client.newQueue();
    for (const include of ['stats,activity', 'activity,stats']) {
      const item = await listed(queue, include);
      expect(item.stats).toMatchObject({ queue, available: 0 });
      expect(item.activity).toMatchObject({ published: 0 });
    }
    expect(await listed(queue, 'stats')).not.toHaveProperty('activity');
    expect(await listed(queue, 'activity')).not.toHaveProperty('stats');
  });

  test('is refused in a list of other things', async () => {
    for (const include of ['rates', 'stats,rates', 'stats,', '']) {
      const error = errorOf(await client.get(`list?include=${include}`), 'INVALID_REQUEST');
      expect(error.details[0].path).toBe('/include');
    }
  });
});
