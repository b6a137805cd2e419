import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../faults/seeded-random.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf } from './expect-answer.js';
import { useManager } from './use-manager.js';
import { expectOnceEach, range, walkPages } from './walk-pages.js';

/** Most of the time goes into making them, so the full 100,000 are left to the environment. */
const STANDING = Number(process.env.MILLRACE_TEST_DEAD_LETTERS ?? 10_000);
const BATCH = 1_000;
/** The oldest ones, which redrives of several take: always those at the head. */
const HEAD = 1_000;
const HEAD_STEP = 10;
/** One of so many others may be redriven or purged by its id; the rest stand. */
const SCATTERED_EVERY = 50;
/** In four batches or a multiple, so that each half is made in whole pairs of them. */
const TOTAL = Math.ceil((STANDING * SCATTERED_EVERY) / (SCATTERED_EVERY - 1) / 4_000) * 4_000;
/** A busy machine may take some times as long as a quiet one. */
const TIMEOUT_MS = 240_000;

describe.each(STORE_FACTORIES)('pages of dead letters on $name', (factory) => {
  const { client, clock } = useManager(factory);

  test(
    `${STANDING} dead letters, while others come, go home and are purged`,
    async () => {
      const random = new SeededRandom(1);
      const dlq = await client.newQueue();
      const source = await client.newQueue();
      // Its dead letters come and go in the same dead-letter queue, and show in no page of `source`.
      const neighbour = await client.newQueue({ dead_letter_queue: dlq });

      const bury = (queue: string, count: number) => client.bury(queue, ...range(count));
      await bury(source, HEAD);
      // What follows is younger, and so behind the head.
      clock.advance(1);

      const dead: string[] = [];
      const makeHalf = async () => {
        const until = dead.length + TOTAL / 2;
        while (dead.length < until) {
          // Two at once, so that one is read and written here while the other commits.
          const made = await Promise.all([bury(source, BATCH), bury(source, BATCH)]);
          dead.push(...made.flat());
          clock.advance(1);
        }
      };
      // One half lies with the queue itself, the other where it sends its dead letters from then on.
      await makeHalf();
      dataOf(await client.update(source, { dead_letter_queue: dlq }));
      await makeHalf();
      const scattered = dead.filter((_, n) => n % SCATTERED_EVERY === 0);
      const standing = dead.filter((_, n) => n % SCATTERED_EVERY !== 0);
      expect(standing.length).toBeGreaterThanOrEqual(STANDING);

      const counts = { atHead: 0, redriven: 0, purged: 0, neighbours: 0, held: 0 };
      const takeScattered = () => scattered.splice(random.integer(0, scattered.length - 1), 1)[0];
      let headLeft = HEAD;
      const writers = [
        // It takes what was redriven as well: those are then dead again, at another place.
        () => bury(source, 20),
        async () => {
          const answer = await client.redrive(source, { message_id: takeScattered() });
          counts.redriven += dataOf(answer).redriven;
        },
        async () => {
          const answer = await client.purgeDead(source, { message_id: takeScattered() });
          counts.purged += dataOf(answer).purged;
        },
        async () => {
          if (headLeft < HEAD_STEP) return;
          headLeft -= HEAD_STEP;
          const answer = await client.redrive(source, { max_messages: HEAD_STEP });
          counts.atHead += dataOf(answer).redriven;
        },
        async () => {
          await bury(neighbour, 20);
          const home = await client.redrive(neighbour, { max_messages: 5 });
          const away = await client.purgeDead(neighbour);
          counts.neighbours += dataOf(home).redriven + dataOf(away).purged;
        },
        // A consumer of the dead-letter queue takes some and gives them back: they stood throughout.
        async () => {
          const held = await client.consume(dlq, { max_messages: 5 });
          counts.held += held.length;
          for (const { message_id, receipt } of held) {
            dataOf(await client.extend(dlq, message_id, 0, { receipt }));
          }
        },
      ];
      // Two at once, and each in two rounds on end: one beside a page, one between two.
      const disturb = async (round: number) => {
        clock.advance(1);
        await Promise.all([round, round + 1].map((n) => writers[n % writers.length]?.()));
      };

      const limit = () => (random.chance(0.7) ? 1_000 : random.integer(200, 1_000));
      const items = await walkPages(client, `dlq/list/${source}`, limit, disturb);
      expectOnceEach(
        items.map(({ message_id }) => message_id),
        standing,
      );
      const times = items.map(({ dead_lettered_at }) => dead_lettered_at);
      expect(times).toEqual([...times].sort());
      expect(new Set(items.map(({ source_queue }) => source_queue))).toEqual(new Set([source]));
      for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
