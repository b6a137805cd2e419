import { describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { FakeClock } from '../../harness/fake-clock.js';
import { readUsageTables } from '../../harness/usage-tables.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { HeldCommit } from '../held-commit.js';
import { on, useTwoStores } from '../two-stores.js';

describe('the usage of a project, counted by two nodes', () => {
  const stores = useTwoStores();
  const ids = createIdSource(new FakeClock());
  const make = new CommandBuilder('p', ids);
  const usage = async () => {
    const { kept, counted } = await readUsageTables(stores.url);
    return { kept: kept.p?.messages ?? 0, counted: counted.p?.messages ?? 0 };
  };

  it('is the sum of the counts of both nodes', async () => {
    await on(stores.one, make.createQueue('both'));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        on(n % 2 === 0 ? stores.one : stores.other, make.publish('both', ['1', '2'])),
      ),
    );
    expect(await usage()).toEqual({ kept: 40, counted: 40 });
    await on(stores.other, make.deleteQueue('both'));
    expect(await usage()).toEqual({ kept: 0, counted: 0 });
  });

  it('is right in the end when a purge has not seen a commit of the other node', async () => {
    const held = await HeldCommit.prepare(stores.admin);
    await on(stores.one, make.createQueue('q'));
    await on(stores.one, make.publish('q', ['1', '2']));
    const leased = await on(stores.one, make.consume('q', { maxMessages: 1 }));
    if (!leased.ok) throw new Error(leased.message);
    await held.arm();
    const acked = on(stores.other, make.ack('q', leased.messages));
    await held.reached();
    expect(await on(stores.one, make.purgeQueue('q'))).toMatchObject({ purged: 2 });
    await held.release();
    expect(await acked).toMatchObject({ ok: true });
    const sweep = { kind: 'sweepDiscarded', limit: 100 } as const;
    await expect
      .poll(async () => (await on(stores.one, sweep)) as object)
      .toMatchObject({ more: false });
    expect(await usage()).toEqual({ kept: 0, counted: 0 });
  });

  it('counts a queue once when both nodes create or delete it', async () => {
    const queues = async () => (await readUsageTables(stores.url)).kept.twice?.queues ?? 0;
    const twice = new CommandBuilder('twice', ids);
    await Promise.all([stores.one, stores.other].map((store) => on(store, twice.createQueue('q'))));
    expect(await queues()).toBe(1);
    await Promise.all([stores.one, stores.other].map((store) => on(store, twice.deleteQueue('q'))));
    expect(await queues()).toBe(0);
  });
});
