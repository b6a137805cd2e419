import { describe, expect, it } from 'vitest';
import type { LeasedMessage, Outcome } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import { pause } from '../../faults/load/pause.js';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

const VISIBILITY_TIMEOUT_MS = 60_000;

describe('a commit group that waited for a lock', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const stores = useTwoStores();

  const databaseMs = async (): Promise<number> => {
    const { rows } = await stores.admin.query(
      'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms',
    );
    return Number(rows[0].ms);
  };
  const isWaiting = async (): Promise<boolean> => {
    const { rows } = await stores.admin.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };

  it.each(['standard', 'fifo'] as const)(
    'leases a message published to a %s queue meanwhile for its whole visibility timeout',
    async (type) => {
      const [queue, locked] = [`q-${type}`, `locked-${type}`];
      await on(
        stores.one,
        make.createQueue(queue, { type, visibilityTimeoutDefaultMs: VISIBILITY_TIMEOUT_MS }),
      );
      await on(stores.one, make.createQueue(locked, {}));
      await on(stores.one, make.publish(locked, [{}]));
      const held = await on(stores.one, make.consume(locked, { maxMessages: 1 }));
      const [message] = held.ok ? held.messages : [];

      await stores.admin.query('BEGIN');
      await stores.admin.query('SELECT 1 FROM millrace.messages WHERE message_id = $1 FOR UPDATE', [
        message?.messageId,
      ]);
      const group = stores.one.apply([
        make.ack(locked, message as LeasedMessage),
        make.consume(queue, { maxMessages: 1 }),
      ]);
      while (!(await isWaiting())) await pause(5);
      await pause(50);
      const publishedMs = await databaseMs();
      await on(stores.other, make.publish(queue, [{ groupId: type === 'fifo' ? 'a' : null }]));
      await stores.admin.query('COMMIT');

      const [, consumed] = (await group) as [unknown, Outcome<'consume'>];
      const [lease] = consumed.ok ? consumed.messages : [];
      expect(lease?.leaseExpiresAtMs).toBeGreaterThanOrEqual(publishedMs + VISIBILITY_TIMEOUT_MS);
    },
  );
});
