import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, it } from 'vitest';
import { rowIdOf } from '#server/core/ids';
import { MIGRATIONS as ON_POSTGRES } from '#server/store/postgres/migrations/index';
import { MIGRATIONS as ON_SQLITE } from '#server/store/sqlite/migrations/index';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { StoreSession } from '../store-session.js';

const AT_MS = Date.UTC(2026, 0, 1);
const MESSAGE_ID = '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a01';

const before = (migrations: readonly string[]): readonly string[] =>
  migrations.slice(
    0,
    migrations.findIndex((text) => text.includes('max_expired_leases')),
  );

/**
 * A plain queue with a message that has failed twice, and the record of a delete that found no queue.
 */
const fill = (schema: string, no: string): string => `
  INSERT INTO ${schema}queues (id, project, name, bucket_id, dead_bucket_id, type, max_retries,
      message_retention_days, visibility_timeout_default_ms, enable_priority, created_at_ms,
      updated_at_ms)
    VALUES (1, 'project-1', 'q', 11, 12, 'standard', 3, 7, 30000, ${no}, ${AT_MS}, ${AT_MS});
  INSERT INTO ${schema}idempotency
      (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
    VALUES ('project-1', 'queue.delete', 0, 'q k', 'f',
      '{"ok":true,"replayed":false,"deleted":false}', ${AT_MS + 86_400_000});
`;

const COLUMNS = `message_id, bucket_id, seq, rank, state, priority, bytes, enqueued_at_ms,
  first_available_at_ms, live_since_ms, receipt, lease_end, delivery_count, failures`;
const VALUES = `'${MESSAGE_ID}', 11, 1, 0, 0, 0, 1, ${AT_MS}, ${AT_MS}, ${AT_MS}, 'r.0', 2, 2, 2`;

function makeFile(path: string): void {
  const migrations = before(ON_SQLITE);
  const db = new Database(path);
  for (const migration of migrations) db.exec(migration);
  db.exec(fill('', '0'));
  db.exec(`
    INSERT INTO buckets VALUES (11), (12);
    INSERT INTO queue_counters (queue_id, available, bytes) VALUES (1, 1, 1);
    INSERT INTO messages (id, ${COLUMNS}) VALUES (${rowIdOf(MESSAGE_ID)}, ${VALUES});
    INSERT INTO bodies (id, payload) VALUES (${rowIdOf(MESSAGE_ID)}, '1');
    PRAGMA application_id = ${0x6d696c6c};
    PRAGMA user_version = ${migrations.length};`);
  db.close();
}

async function makeSchema(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`CREATE SCHEMA millrace;
    CREATE TABLE millrace.schema_migrations (version integer PRIMARY KEY)`);
  for (const [at, migration] of before(ON_POSTGRES).entries()) {
    await client.query(migration);
    await client.query(`INSERT INTO millrace.schema_migrations VALUES (${at + 1})`);
  }
  await client.query(fill('millrace.', 'false'));
  await client.query(`
    SELECT setval('millrace.ids', 100);
    INSERT INTO millrace.queue_counters (bucket_id, slot, available, bytes) VALUES (11, 0, 1, 1);
    INSERT INTO millrace.messages (payload, ${COLUMNS}) VALUES ('1', ${VALUES})`);
  await client.end();
}

it.each(STORE_FACTORIES)(
  'the migration on $name counts earlier failures as nacks, and lets old queues follow their retries',
  async (factory) => {
    const fixture = await factory.create();
    if (factory.isLocal) makeFile(fixture.url.slice('sqlite:'.length));
    else await makeSchema(fixture.url);
    const session = await StoreSession.open(fixture);
    try {
      const project = session.project();
      const read = async () =>
        session.store.read({ kind: 'getQueue', project: project.name, queue: 'q' });
      expect(await read()).toMatchObject({ maxRetries: 3, maxExpiredLeases: 3 });
      // No lease has run out yet, so three may.
      for (let time = 0; time < 3; time += 1) {
        await project.receiveOne('q', 1_000);
        session.clock.advance(1_000);
      }
      const third = await project.receiveOne('q');
      expect(third).toMatchObject({ messageId: MESSAGE_ID, nacks: 2, deliveryCount: 6 });
      await project.run(project.nack('q', third));
      expect(await project.tally('q')).toEqual({ available: 1 });
      await project.run(project.nack('q', await project.receiveOne('q')));
      expect((await project.deadLetters('q')).items).toMatchObject([
        { deadLetterReason: 'max_retries' },
      ]);
      await project.run(project.updateQueue('q', { maxRetries: 5 }));
      expect(await read()).toMatchObject({ maxExpiredLeases: 5 });
      // Queues created from now on have the new default.
      const { queue } = await project.run(project.createQueue('new'));
      expect(queue.maxExpiredLeases).toBe(1_000);
      const idempotency = { capability: 'queue.delete', key: 'k', fingerprint: 'f' } as const;
      const command = project.deleteQueue('q', {
        idempotency: { ...idempotency, windowMs: 86_400_000 },
      });
      expect(await project.run(command)).toMatchObject({ replayed: false, deleted: true });
    } finally {
      await session.remove();
    }
  },
);
