import { beforeAll, describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { holdSlot } from '#server/store/postgres/tuning/counter-rows';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { HeldCommit } from '../held-commit.js';
import { on, useTwoStores } from '../two-stores.js';

const SLOTS = 64;
const FREE = [11, 42];

describe('counters of a queue with only two free slots', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let held: HeldCommit;
  const stores = useTwoStores();

  beforeAll(async () => {
    held = await HeldCommit.prepare(stores.admin);
    await on(stores.one, make.createQueue('q', {}));
    await on(stores.one, make.publish('q', [{}, {}, {}, {}]));
    await stores.admin.query('DELETE FROM millrace.queue_counters');
    await stores.admin.query('BEGIN');
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (!FREE.includes(slot)) await stores.admin.query(`SELECT ${holdSlot('$1')}`, [slot]);
    }
  });

  const slotsCountedIn = async (): Promise<number[]> => {
    const { rows } = await stores.admin.query(
      'SELECT DISTINCT slot FROM millrace.queue_counters ORDER BY slot',
    );
    return rows.map(({ slot }) => slot);
  };

  it('let a commit group proceed without waiting for the commit of another node', async () => {
    await held.arm();
    const first = on(stores.one, make.consume('q', { maxMessages: 1 }));
    await held.reached();
    expect(await on(stores.other, make.consume('q', { maxMessages: 1 }))).toMatchObject({
      ok: true,
    });
    await held.release();
    expect(await first).toMatchObject({ ok: true });
    expect(await slotsCountedIn()).toEqual(FREE);
  });

  it('let a commit group proceed when all slots are taken', async () => {
    for (const slot of FREE) await stores.admin.query(`SELECT ${holdSlot('$1')}`, [slot]);
    const outcome = await on(stores.one, make.consume('q', { maxMessages: 1 }));
    expect(outcome).toMatchObject({ ok: true, messages: [{}] });
    expect(await slotsCountedIn()).toEqual(FREE);
  });
});
