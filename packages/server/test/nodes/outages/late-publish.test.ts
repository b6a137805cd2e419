import { describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { pause } from '../../faults/load/pause.js';
import { FakeClock } from '../../harness/fake-clock.js';
import { readUsageTables } from '../../harness/usage-tables.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

const GATE = 7_003;
const SWEEP = { kind: 'sweepDiscarded', limit: 100 } as const;

describe('a publish that is held up while its queue is purged and swept', () => {
  const make = new CommandBuilder('late', createIdSource(new FakeClock()));
  const stores = useTwoStores();
  const count = async (sql: string): Promise<number> =>
    (await stores.admin.query(`SELECT count(*)::integer AS n FROM ${sql}`)).rows[0].n;

  it('leaves no message or bucket behind, however long it was held up', async () => {
    const { one, other, admin } = stores;
    await admin.query(`
      CREATE FUNCTION hold_insert() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${GATE});
        RETURN NULL;
      END $$;
      CREATE TRIGGER hold_insert BEFORE INSERT ON millrace.messages
        FOR EACH STATEMENT EXECUTE FUNCTION hold_insert()`);
    await on(one, make.createQueue('q'));
    await admin.query('SELECT pg_advisory_lock($1)', [GATE]);
    const published = on(other, make.publish('q', ['1']));
    const held = `pg_locks WHERE locktype = 'advisory' AND objid = ${GATE} AND NOT granted`;
    while ((await count(held)) === 0) await pause(5);

    await on(one, make.purgeQueue('q'));
    await admin.query('UPDATE millrace.discarded_buckets SET discarded_at_ms = 0');
    await on(one, SWEEP);
    expect(await on(one, SWEEP)).toMatchObject({ more: false, looksAgain: true });
    await admin.query('SELECT pg_advisory_unlock($1)', [GATE]);
    expect(await published).toMatchObject({ ok: true });
    expect(await count('millrace.messages')).toBe(1);

    await expect.poll(() => on(one, SWEEP)).toMatchObject({ more: false, looksAgain: false });
    expect(await count('millrace.messages')).toBe(0);
    expect(await count('millrace.discarded_buckets')).toBe(0);
    const { kept, counted } = await readUsageTables(stores.url);
    expect([kept.late?.messages ?? 0, counted.late?.messages ?? 0]).toEqual([0, 0]);
  });
});
