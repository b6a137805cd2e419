import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, Outcome } from '#server/core/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store';
import { holdSlot } from '#server/store/postgres/counter-rows';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import { HeldCommit } from './held-commit.js';
import { connectAdmin } from './postgres-nodes.js';

const SLOTS = 64;
const FREE = [11, 42];

describe('counters of one queue, with two slots that are free', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let fixture: StoreFixture;
  let admin: pg.Client;
  let held: HeldCommit;
  let [one, other]: Store[] = [];

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    fixture = await (factory as (typeof STORE_FACTORIES)[number]).create();
    [one, other] = [await fixture.open(), await fixture.open()];
    admin = await connectAdmin(fixture.url);
    held = await HeldCommit.prepare(admin);
    await on(one, make.createQueue('q', {}));
    await on(one, make.publish('q', [{}, {}, {}, {}]));
    await admin.query('DELETE FROM millrace.queue_counters');
    await admin.query('BEGIN');
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (!FREE.includes(slot)) await admin.query(`SELECT ${holdSlot('$1')}`, [slot]);
    }
  });
  afterAll(async () => {
    await admin.end();
    await Promise.all([one?.stop(), other?.stop()]);
    await fixture.remove();
  });

  async function on<C extends Command>(
    store: Store | undefined,
    command: C,
  ): Promise<Outcome<C['kind']>> {
    return (await (store as Store).apply([command]))[0] as Outcome<C['kind']>;
  }
  const slotsCountedIn = async (): Promise<number[]> => {
    const { rows } = await admin.query(
      'SELECT DISTINCT slot FROM millrace.queue_counters ORDER BY slot',
    );
    return rows.map(({ slot }) => slot);
  };

  it('a group does not wait for the commit of another node', async () => {
    await held.arm();
    const first = on(one, make.consume('q', { maxMessages: 1 }));
    await held.reached();
    expect(await on(other, make.consume('q', { maxMessages: 1 }))).toMatchObject({ ok: true });
    await held.release();
    expect(await first).toMatchObject({ ok: true });
    expect(await slotsCountedIn()).toEqual(FREE);
  });

  it('a group is not refused when all are taken', async () => {
    for (const slot of FREE) await admin.query(`SELECT ${holdSlot('$1')}`, [slot]);
    const outcome = await on(one, make.consume('q', { maxMessages: 1 }));
    expect(outcome).toMatchObject({ ok: true, messages: [{}] });
    expect(await slotsCountedIn()).toEqual(FREE);
  });
});
