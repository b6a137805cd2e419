import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../faults/load/seeded-random.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf } from '../answers/expect-answer.js';
import { expectOnceEach, range, walkPages } from './walk-pages.js';

/** 10,000 before a release. Making them takes most of the time. */
const STANDING = Number(process.env.MILLRACE_TEST_QUEUES ?? 2_000);
/** More than the writers can delete while the pages are read. */
const PASSING = 500;
/** One in this many of the standing queues contains a message that nobody consumes. */
const FILLED_EVERY = 50;
const CALLS_AT_ONCE = 100;
/** Making the queues takes most of it; a busy machine can take several times as long. */
const TIMEOUT_MS = 240_000;

describe.each(STORE_FACTORIES)('pages of queues on $name', (factory) => {
  const { client } = useManager(factory);

  test(
    `list each of ${STANDING} once while others are created, changed and deleted`,
    async () => {
      const random = new SeededRandom(1);
      // Names in between are free for queues that come and go, before and after every cursor.
      const nameOf = (n: number) => `many-${String(n).padStart(6, '0')}`;
      const standing = range(STANDING).map((n) => nameOf(n * 4));
      const filled = standing.filter((_, n) => n % FILLED_EVERY === 0);
      const passing = range(PASSING).map((n) =>
        nameOf(Math.floor((n * STANDING) / PASSING) * 4 + 1),
      );
      const comingName = () => nameOf(random.integer(0, STANDING - 1) * 4 + 2);
      const create = async (name: string) => dataOf(await client.post('create', { name }));

      const all = [...standing, ...passing];
      for (let at = 0; at < all.length; at += CALLS_AT_ONCE) {
        const names = all.slice(at, at + CALLS_AT_ONCE);
        const answers = await Promise.all(names.map((name) => client.post('create', { name })));
        // One assertion for all, because one for each would take longer than the calls.
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      }
      await Promise.all(filled.map((name) => client.publish(name, 1)));

      let deleted = 0;
      const disturb = async () => {
        const changed = random.pick(standing);
        const remade = random.pick(passing);
        const gone = range(3).map(
          () => passing.splice(random.integer(0, passing.length - 1), 1)[0],
        );
        await Promise.all([
          ...range(3).map(() => create(comingName())),
          ...gone.map(async (name = '') => {
            const answer = await client.delete(name);
            deleted += Number(dataOf(answer).deleted);
          }),
          client.update(changed, { max_retries: random.integer(0, 9) }).then(dataOf),
          client.delete(remade).then(() => create(remade)),
        ]);
      };
      const [whole, byPrefix, counted] = await Promise.all([
        walkPages(client, 'list', 1_000, disturb),
        walkPages(client, 'list?prefix=many-', () => random.integer(50, 500), disturb),
        walkPages(client, 'list?include=stats', 1_000, disturb),
      ]);
      for (const items of [whole, byPrefix, counted]) {
        const names = items.map(({ queue }) => queue);
        expectOnceEach(names, standing);
        expect(names).toEqual([...names].sort());
      }
      expect(deleted).toBeGreaterThan(0);
      const holdOne = counted.filter(({ stats }) => stats.available === 1);
      expect(holdOne.map(({ queue }) => queue)).toEqual(filled);
    },
    TIMEOUT_MS,
  );
});
