import { describe, expect, test } from 'vitest';
import type { Json } from '../harness/http-server.js';
import type { ManagingClient } from '../harness/managing-client.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf } from './expect-answer.js';
import { useManager } from './use-manager.js';

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Reads all pages while `disturb` runs once between two of them. */
async function readDisturbed(
  client: ManagingClient,
  path: string,
  limit: number,
  disturb: (page: number) => Promise<unknown>,
): Promise<Json[]> {
  const items: Json[] = [];
  let page = 0;
  for await (const more of client.pages(path, limit)) {
    expect(more.length).toBeLessThanOrEqual(limit);
    items.push(...more);
    await disturb(page);
    page += 1;
    expect(page, 'the pages come to an end').toBeLessThan(200);
  }
  return items;
}

/** Each of those that stood throughout once; what came, went or moved meanwhile may be there. */
function expectOnceEach(seen: readonly string[], standing: Iterable<string>): void {
  const times = new Map<string, number>();
  for (const id of seen) times.set(id, (times.get(id) ?? 0) + 1);
  const all = [...standing];
  expect(
    all.filter((id) => !times.has(id)),
    'missed',
  ).toEqual([]);
  expect(
    all.filter((id) => times.get(id) !== 1),
    'doubled',
  ).toEqual([]);
}

describe.each(STORE_FACTORIES)('paging on $name', (factory) => {
  const { client } = useManager(factory);

  test('2,000 queues, while others are made and deleted', async () => {
    const nameOf = (n: number) => `many-${String(n).padStart(5, '0')}`;
    const create = async (numbers: readonly number[]) => {
      for (let at = 0; at < numbers.length; at += 100) {
        const calls = numbers.slice(at, at + 100).map(async (n) => {
          dataOf(await client.post('create', { name: nameOf(n) }));
        });
        await Promise.all(calls);
      }
    };
    const standing = range(2_000).map((n) => n * 4);
    const passing = range(50).map((n) => n * 160 + 1);
    await create([...standing, ...passing]);
    const items = await readDisturbed(client, 'list?prefix=many-', 250, async (page) => {
      await create(range(5).map((n) => n * 1_600 + page * 4 + 2));
      const gone = passing.splice(0, 6);
      await Promise.all(gone.map((n) => client.delete(nameOf(n))));
    });
    const names = items.map(({ queue }) => queue);
    expectOnceEach(names, standing.map(nameOf));
    expect(names).toEqual([...names].sort());
  });

  test.each(['built-in', 'named'])(
    '3,000 dead letters in a %s queue, while others write',
    async (keeper) => {
      const dlq = await client.newQueue();
      const queue = await client.newQueue(keeper === 'named' ? { dead_letter_queue: dlq } : {});
      await client.publishAll(queue, range(3_000));
      const dead: string[] = [];
      for (let round = 0; round < 3; round += 1) dead.push(...(await client.kill(queue)));
      const standing = new Set(dead);
      const items = await readDisturbed(client, `dlq/list/${queue}`, 300, async (page) => {
        await client.bury(queue, ...range(5));
        if (page >= 8) return;
        const [redriven = '', purged = ''] = [dead[page * 301], dead[2_999 - page * 7]];
        const one = await client.redrive(queue, { message_id: redriven });
        const two = await client.purgeDead(queue, { message_id: purged });
        expect(dataOf(one).redriven + dataOf(two).purged).toBe(2);
        standing.delete(redriven);
        standing.delete(purged);
      });
      expectOnceEach(
        items.map(({ message_id }) => message_id),
        standing,
      );
    },
  );

  test('a shared dead-letter queue: pages hold the letters of one source alone', async () => {
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
    const items = await readDisturbed(client, `dlq/list/${a}`, 30, () => client.bury(b, 1));
    expectOnceEach(
      items.map(({ message_id }) => message_id),
      standing,
    );
    expect(items).toHaveLength(200);
  });

  test.each(['', 'state=available'])(
    '2,000 messages through peek?%s, while others write',
    async (query) => {
      const queue = await client.newQueue();
      const ids = await client.publishAll(queue, range(2_000));
      // Those at the head will be consumed on the way; the others stand.
      const standing = ids.slice(200);
      const items = await readDisturbed(client, `peek/${queue}?${query}`, 250, async (page) => {
        await client.publishAll(queue, range(3));
        if (page >= 10) return;
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

  test('peek walks leased and delayed messages page by page, too', async () => {
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
      const items = await readDisturbed(
        client,
        `peek/${queue}?${query}`,
        70,
        async () => undefined,
      );
      expect(new Set(items.map(({ message_id }) => message_id)).size, query).toBe(count);
      expect(items, query).toHaveLength(count);
    }
  });

  test('a page whose last item is the last of all has no cursor', async () => {
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
