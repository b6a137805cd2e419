import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../faults/load/seeded-random.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf } from '../answers/expect-answer.js';
import { expectOnceEach, range, walkPages } from '../queues/walk-pages.js';

/** Making them takes most of the time, so the environment must ask for the full 100,000. */
const STANDING = Number(process.env.MILLRACE_TEST_DEAD_LETTERS ?? 10_000);
const BATCH = 1_000;
/** The oldest dead letters, at the head of the list, which a redrive of several takes. */
const HEAD = 1_000;
const HEAD_STEP = 10;
/** Of the others, one in this many may be redriven or purged by its id; the rest stay. */
const SCATTERED_EVERY = 50;
/** A multiple of four batches, so that each half is made in whole pairs of batches. */
const TOTAL = Math.ceil((STANDING * SCATTERED_EVERY) / (SCATTERED_EVERY - 1) / 4_000) * 4_000;
/** A busy machine can take several times as long as a quiet one. */
const TIMEOUT_MS = 240_000;

describe.each(STORE_FACTORIES)('pages of dead letters on $name', (factory) => {
  const { client, clock } = useManager(factory);

  test(
    `list each of ${STANDING} once while others are added, redriven and purged`,
    async () => {
      const random = new SeededRandom(1);
      const dlq = await client.newQueue();
      const source = await client.newQueue();
      // Its dead letters come and go in the same dead-letter queue, and are on no page of `source`.
      const neighbour = await client.newQueue({ dead_letter_queue: dlq });

      const bury = (queue: string, count: number) => client.bury(queue, ...range(count));
      await bury(source, HEAD);
      // Later dead letters are younger, and so behind the head.
      clock.advance(1);

      const dead: string[] = [];
      const makeHalf = async () => {
        const until = dead.length + TOTAL / 2;
        while (dead.length < until) {
          // Two at once, so that one is prepared here while the other commits.
          const made = await Promise.all([bury(source, BATCH), bury(source, BATCH)]);
          dead.push(...made.flat());
          clock.advance(1);
        }
      };
      // The queue keeps the first half itself, and its new dead-letter queue keeps the second.
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
        // It also takes redriven messages, which are then dead letters again, further back in the list.
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
        // A consumer of the dead-letter queue leases some and releases them, so they stay listed.
        async () => {
          const held = await client.consume(dlq, { max_messages: 5 });
          counts.held += held.length;
          for (const { message_id, receipt } of held) {
            dataOf(await client.extend(dlq, message_id, 0, { receipt }));
          }
        },
      ];
      // Two at once, and each in two consecutive rounds: during a page and between two pages.
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
