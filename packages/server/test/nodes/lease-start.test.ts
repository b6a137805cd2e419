import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, LeasedMessage, Outcome } from '#server/core/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store';
import { pause } from '../faults/pause.js';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import { connectAdmin } from './postgres-nodes.js';

const VISIBILITY_TIMEOUT_MS = 60_000;

describe('a group that has waited for a lock', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let fixture: StoreFixture;
  let admin: pg.Client;
  let [one, other]: Store[] = [];

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    fixture = await (factory as (typeof STORE_FACTORIES)[number]).create();
    [one, other] = [await fixture.open(), await fixture.open()];
    admin = await connectAdmin(fixture.url);
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
  const databaseMs = async (): Promise<number> => {
    const { rows } = await admin.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms');
    return Number(rows[0].ms);
  };
  const isWaiting = async (): Promise<boolean> => {
    const { rows } = await admin.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };

  it.each(['standard', 'fifo'] as const)(
    'leases what was published meanwhile to a %s queue for its whole time',
    async (type) => {
      const [queue, locked] = [`q-${type}`, `locked-${type}`];
      await on(
        one,
        make.createQueue(queue, { type, visibilityTimeoutDefaultMs: VISIBILITY_TIMEOUT_MS }),
      );
      await on(one, make.createQueue(locked, {}));
      await on(one, make.publish(locked, [{}]));
      const held = await on(one, make.consume(locked, { maxMessages: 1 }));
      const [message] = held.ok ? held.messages : [];

      await admin.query('BEGIN');
      await admin.query('SELECT 1 FROM millrace.messages WHERE message_id = $1 FOR UPDATE', [
        message?.messageId,
      ]);
      const group = (one as Store).apply([
        make.ack(locked, message as LeasedMessage),
        make.consume(queue, { maxMessages: 1 }),
      ]);
      while (!(await isWaiting())) await pause(5);
      await pause(50);
      const publishedMs = await databaseMs();
      await on(other, make.publish(queue, [{ groupId: type === 'fifo' ? 'a' : null }]));
      await admin.query('COMMIT');

      const [, consumed] = (await group) as [unknown, Outcome<'consume'>];
      const [lease] = consumed.ok ? consumed.messages : [];
      expect(lease?.leaseExpiresAtMs).toBeGreaterThanOrEqual(publishedMs + VISIBILITY_TIMEOUT_MS);
    },
  );
});
