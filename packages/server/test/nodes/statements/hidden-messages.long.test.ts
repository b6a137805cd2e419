import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeasedMessage } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import { pause } from '../../faults/load/pause.js';
import { FakeClock } from '../../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../../harness/stores.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { HeldCommit } from '../held-commit.js';
import { connectAdmin } from '../postgres-nodes.js';
import { on, useTwoStores } from '../two-stores.js';

/** Enough for a node to keep watermarks, and to walk past all entries again only after seconds. */
const DEAD_ENTRIES = 150_000;
/** The reads cover a time in which watermarks come into force and rise. */
const LOOKS = 30;
const BETWEEN_LOOKS_MS = 60;

const ids = createIdSource(new FakeClock());

/** Leaves index entries of deleted messages, which an old snapshot keeps. */
async function leaveDeadEntries(admin: pg.Client, bucket: string, dueAtMs: number | null) {
  const state = dueAtMs === null ? 0 : 1;
  await admin.query(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, due_at_ms, bytes, payload)
     SELECT $1, gen_random_uuid(), n, 0, $2, 0, 1, 1, $3, 1, '1'
       FROM generate_series(1, $4::integer) AS n`,
    [bucket, state, dueAtMs, DEAD_ENTRIES],
  );
  await admin.query('DELETE FROM millrace.messages WHERE bucket_id = $1', [bucket]);
}

async function holdSnapshot(holder: pg.Client): Promise<void> {
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT count(*) FROM millrace.queues');
}

async function bucketOf(admin: pg.Client, make: CommandBuilder): Promise<string> {
  const { rows } = await admin.query(
    "SELECT bucket_id AS bucket FROM millrace.queues WHERE project = $1 AND name = 'q'",
    [make.name],
  );
  return rows[0].bucket;
}

describe.each(['beside an old snapshot', 'without an old snapshot'] as const)('%s', (snapshot) => {
  const stores = useTwoStores();
  let holder: pg.Client;
  let locker: pg.Client;

  beforeAll(async () => {
    [holder, locker] = await Promise.all([connectAdmin(stores.url), connectAdmin(stores.url)]);
    if (snapshot === 'beside an old snapshot') await holdSnapshot(holder);
  });
  afterAll(async () => {
    await Promise.all([holder.end(), locker.end()]);
  });

  const payloads = async (store: Store, make: CommandBuilder): Promise<string[]> => {
    const outcome = await on(store, make.consume('q', { maxMessages: 10 }));
    const { messages } = outcome as { messages: readonly LeasedMessage[] };
    return messages.map(({ payload }) => payload);
  };

  async function lookOften(make: CommandBuilder): Promise<void> {
    for (let look = 0; look < LOOKS; look += 1) {
      expect(await payloads(stores.one, make)).toEqual([]);
      await pause(BETWEEN_LOOKS_MS);
    }
  }

  async function begin(name: string): Promise<CommandBuilder> {
    const make = new CommandBuilder(name, ids);
    await on(stores.one, make.createQueue('q'));
    await leaveDeadEntries(stores.admin, await bucketOf(stores.admin, make), null);
    return make;
  }

  it('messages that a transaction had locked are delivered after it rolls back', async () => {
    const make = await begin('locked');
    await on(stores.one, make.publish('q', [{ payload: '1' }, { payload: '2' }]));
    await locker.query('BEGIN');
    await locker.query('SELECT 1 FROM millrace.messages WHERE bucket_id = $1 FOR UPDATE', [
      await bucketOf(stores.admin, make),
    ]);
    await lookOften(make);
    await locker.query('ROLLBACK');
    expect(await payloads(stores.one, make)).toEqual(['1', '2']);
  }, 120_000);

  it('a publish that commits late is delivered before later ones', async () => {
    const make = await begin('late');
    const held = await HeldCommit.prepare(stores.admin, 'INSERT');
    await held.arm();
    const late = on(stores.other, make.publish('q', [{ payload: 'late' }]));
    await held.reached();
    await lookOften(make);
    await held.release();
    await late;
    await on(stores.one, make.publish('q', [{ payload: 'later' }]));
    expect(await payloads(stores.one, make)).toEqual(['late', 'later']);
  }, 120_000);

  it('a message that is nacked is delivered at its early seq again', async () => {
    const make = await begin('back');
    await on(stores.one, make.publish('q', [{ payload: 'first' }]));
    const outcome = await on(stores.one, make.consume('q'));
    const { messages } = outcome as { messages: readonly LeasedMessage[] };
    await lookOften(make);
    await on(stores.one, make.publish('q', [{ payload: 'second' }]));
    await on(stores.one, make.nack('q', messages));
    expect(await payloads(stores.one, make)).toEqual(['first', 'second']);
  }, 120_000);
});

describe('a lease that ran out', () => {
  let fixture: StoreFixture;
  let store: Store;
  let admin: pg.Client;
  let holder: pg.Client;
  const clock = new FakeClock(Date.now());

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory;
    fixture = await factory.create();
    store = await fixture.open(() => clock);
    [admin, holder] = await Promise.all([connectAdmin(fixture.url), connectAdmin(fixture.url)]);
  });
  afterAll(async () => {
    await Promise.all([admin.end(), holder.end(), store.stop()]);
    await fixture.remove();
  });

  it('is settled once a transaction that had locked its message rolls back, beside an old snapshot', async () => {
    const make = new CommandBuilder('due', ids);
    await on(store, make.createQueue('q'));
    const bucket = await bucketOf(admin, make);
    await on(store, make.publish('q', [{ payload: '1' }]));
    await on(store, make.consume('q', { visibilityTimeoutMs: 1_000 }));
    await holdSnapshot(holder);
    await admin.query('BEGIN');
    await leaveDeadEntries(admin, `${-Number(bucket)}`, clock.nowMs());
    await admin.query('COMMIT');
    clock.advance(600_000);
    await admin.query('BEGIN');
    await admin.query('SELECT 1 FROM millrace.messages WHERE bucket_id = $1 FOR UPDATE', [bucket]);
    for (let look = 0; look < 3; look += 1) {
      expect(await on(store, { kind: 'settleDue', limit: 10 })).toMatchObject({ settled: 0 });
    }
    await admin.query('ROLLBACK');
    expect(await on(store, { kind: 'settleDue', limit: 10 })).toMatchObject({ settled: 1 });
  }, 120_000);
});
