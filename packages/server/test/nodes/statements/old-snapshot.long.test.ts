import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, LeasedMessage, Outcome } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import { FakeClock } from '../../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { connectAdmin } from '../postgres-nodes.js';

const ROUND = 500;
const ROUNDS_BEFORE = 30;
const ROUNDS_MEASURED = 5;
/** With none at all, the planner makes other estimates. */
const WAITING = 150;
/** Idle connections report their reads after ten seconds. */
const REPORTED_WITHIN_MS = 30_000;
/** A message is looked up when it is leased, acked and removed, in a few row versions each time. */
const READS_PER_MESSAGE_MAX = 20;

const payloads = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ payload: `${index}` }));

describe('while another session holds an old snapshot', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let fixture: StoreFixture;
  let store: Store;
  let holder: pg.Client;
  let admin: pg.Client;

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    fixture = await (factory as (typeof STORE_FACTORIES)[number]).create();
    admin = await connectAdmin(fixture.url);
    // PostgreSQL chooses this by itself when it finds that generic plans have become expensive.
    const { rows } = await admin.query('SELECT current_database() AS name');
    await admin.query(`ALTER DATABASE "${rows[0].name}" SET plan_cache_mode = force_custom_plan`);
    store = await fixture.open();
    holder = await connectAdmin(fixture.url);
  });
  afterAll(async () => {
    await Promise.all([holder.end(), admin.end(), store.stop()]);
    await fixture.remove();
  });

  async function run<C extends Command>(command: C): Promise<Outcome<C['kind']>> {
    return (await store.apply([command]))[0] as Outcome<C['kind']>;
  }

  async function cycle(): Promise<void> {
    await run(make.publish('q', payloads(ROUND)));
    const leased = await run(make.consume('q', { maxMessages: ROUND }));
    const { messages } = leased as { messages: readonly LeasedMessage[] };
    expect(messages).toHaveLength(ROUND);
    const acked = await run(make.ack('q', messages));
    expect(acked.ok && acked.results.every((result) => result.ok && result.acked)).toBe(true);
  }

  async function readOfKey(): Promise<{ scans: number; reads: number }> {
    const { rows } = await admin.query(
      `SELECT idx_scan::float8 AS scans, idx_tup_read::float8 AS reads
         FROM pg_stat_user_indexes WHERE indexrelname = 'messages_pkey'`,
    );
    return rows[0];
  }

  it('leased and acked messages are found by their key, without walking past deleted ones', async () => {
    await run(make.createQueue('q'));
    await run(make.createQueue('waiting'));
    await run(make.publish('waiting', payloads(WAITING)));
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT count(*) FROM millrace.messages');
    for (let round = 0; round < ROUNDS_BEFORE; round += 1) await cycle();
    // The planner then knows of few rows in a large index.
    await admin.query('VACUUM ANALYZE millrace.messages');
    // All earlier reads have been reported once the number stands still.
    await expect
      .poll(
        async () => {
          const before = await readOfKey();
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          return before.scans > 0 && (await readOfKey()).scans === before.scans;
        },
        { timeout: REPORTED_WITHIN_MS },
      )
      .toBe(true);
    const before = await readOfKey();
    for (let round = 0; round < ROUNDS_MEASURED; round += 1) await cycle();
    const messages = ROUNDS_MEASURED * ROUND;
    await expect
      .poll(async () => (await readOfKey()).reads - before.reads, { timeout: REPORTED_WITHIN_MS })
      .toBeGreaterThan(messages);
    expect((await readOfKey()).reads - before.reads).toBeLessThan(messages * READS_PER_MESSAGE_MAX);
    await holder.query('ROLLBACK');
  }, 120_000);
});
