import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Command } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import { Batch } from '#server/store/postgres/driver/batch';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

/**
 * The cost of a commit group is mainly the number of times a node and the database exchange messages.
 */
describe('the number of round trips of a commit group', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const stores = useTwoStores();
  afterEach(() => vi.restoreAllMocks());

  const tripsOf = async (...commands: Command[]): Promise<number> => {
    const query = vi.spyOn(pg.Client.prototype, 'query');
    const outcomes = await stores.one.apply(commands);
    expect(outcomes.map(({ ok }) => ok)).toEqual(commands.map(() => true));
    const batches = query.mock.calls.filter(([query]) => (query as unknown) instanceof Batch);
    query.mockRestore();
    return batches.length;
  };

  /** On a slow machine a queue may not be known any more, or something else may be due. */
  const fewest = async (trips: () => Promise<number>): Promise<number> => {
    const counts: number[] = [];
    for (let n = 0; n < 8; n += 1) counts.push(await trips());
    return Math.min(...counts);
  };

  it('is one for publishes to a known queue, and two to an unknown one', async () => {
    const unseen = async (name: string): Promise<number> => {
      await on(stores.other, make.createQueue(name, {}));
      return tripsOf(make.publish(name, [{}]));
    };
    let made = 0;
    expect(await fewest(() => unseen(`unseen-${made++}`))).toBe(2);
    await unseen('seen');
    expect(
      await fewest(() => tripsOf(make.publish('seen', [{}]), make.publish('seen', [{}, {}]))),
    ).toBe(1);
  });

  it('is two for consumes, and two for acks', async () => {
    await on(stores.other, make.createQueue('worked', {}));
    await on(
      stores.one,
      make.publish(
        'worked',
        Array.from({ length: 20 }, () => ({})),
      ),
    );
    expect(await fewest(() => tripsOf(make.consume('worked', { maxMessages: 1 })))).toBe(2);
    const ack = async (): Promise<number> => {
      const leased = await on(stores.one, make.consume('worked', { maxMessages: 1 }));
      const given = leased.ok ? leased.messages : [];
      expect(given).toHaveLength(1);
      return tripsOf(make.ack('worked', given));
    };
    expect(await fewest(ack)).toBe(2);
  });

  it('is more than one when another node has changed the queue, because the commit group runs again', async () => {
    await on(stores.other, make.createQueue('changed', {}));
    await tripsOf(make.publish('changed', [{}]));
    await on(stores.other, make.updateQueue('changed', { maxRetries: 7 }));
    expect(await tripsOf(make.publish('changed', [{}]))).toBeGreaterThan(1);
    const { rows } = await stores.admin.query(
      `SELECT sum(c.available)::int AS counted, (SELECT count(*)::int FROM millrace.messages m
          WHERE m.bucket_id = q.bucket_id) AS there
         FROM millrace.queues q JOIN millrace.queue_counters c USING (bucket_id)
        WHERE q.name = 'changed' GROUP BY q.bucket_id`,
    );
    expect(rows).toEqual([{ counted: 2, there: 2 }]);
  });
});
