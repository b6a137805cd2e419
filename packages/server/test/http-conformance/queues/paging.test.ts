import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { expectOnceEach, range, walkPages } from './walk-pages.js';

describe.each(STORE_FACTORIES)('paging on $name', (factory) => {
  const { client } = useManager(factory);

  test('dlq/list of a source of a shared dead-letter queue has only its own dead letters', async () => {
    const dlq = await client.newQueue();
    const [a, b] = [
      await client.newQueue({ dead_letter_queue: dlq }),
      await client.newQueue({ dead_letter_queue: dlq }),
    ];
    const standing: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      standing.push(...(await client.bury(a, ...range(40))));
      await client.bury(b, ...range(40));
    }
    const items = await walkPages(client, `dlq/list/${a}`, 30, () => client.bury(b, 1));
    expectOnceEach(
      items.map(({ message_id }) => message_id),
      standing,
    );
    expect(items).toHaveLength(200);
  });

  test.each(['', 'state=available'])(
    'peek?%s lists each of 2,000 messages once while others publish and consume',
    async (query) => {
      const queue = await client.newQueue();
      const ids = await client.publishAll(queue, range(2_000));
      // The messages at the head are consumed during the walk; the others stay.
      const standing = ids.slice(200);
      const items = await walkPages(client, `peek/${queue}?${query}`, 250, async (round) => {
        await client.publishAll(queue, range(3));
        if (round >= 10) return;
        for (const { message_id } of await client.consume(queue, { max_messages: 20 })) {
          await client.ack(queue, message_id);
        }
      });
      expectOnceEach(
        items.map(({ message_id }) => message_id),
        standing,
      );
    },
  );

  test('peek lists leased and delayed messages once each across its pages', async () => {
    const queue = await client.newQueue();
    await client.publishAll(queue, range(300));
    await client.publishAll(queue, range(300), { delay_seconds: 600 });
    await client.consume(queue, { max_messages: 150, visibility_timeout: 600 });
    for (const [query, count] of [
      ['state=leased', 150],
      ['state=delayed', 300],
      ['state=available', 150],
      ['', 600],
    ] as const) {
      const items = await walkPages(client, `peek/${queue}?${query}`, 70, async () => undefined);
      expect(new Set(items.map(({ message_id }) => message_id)).size, query).toBe(count);
      expect(items, query).toHaveLength(count);
    }
  });

  test('a full page has no cursor when no item follows it', async () => {
    const queue = await client.newQueue();
    await client.bury(queue, ...range(20));
    await client.publishAll(queue, range(20));
    for (const path of [`dlq/list/${queue}`, `peek/${queue}`]) {
      const sizes: number[] = [];
      for await (const page of client.pages(path, 10)) sizes.push(page.length);
      expect(sizes, path).toEqual([10, 10]);
    }
  });
});
