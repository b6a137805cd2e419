import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS as ON_POSTGRES } from '#server/store/postgres/migrations/index';
import { MIGRATIONS as ON_SQLITE } from '#server/store/sqlite/migrations/index';
import { STORE_FACTORIES, type StoreFactory } from '../../harness/stores.js';
import { readUsageTables } from '../../harness/usage-tables.js';

/**
 * Rows of the earlier schema: a queue with an available message and a dead letter, a discarded bucket,
 * records, and two keys, one of them revoked.
 */
const fill = (schema: string, no: string, id: (text: string) => string): string => `
  INSERT INTO ${schema}queues (id, project, name, bucket_id, dead_bucket_id, type, max_retries,
      message_retention_days, visibility_timeout_default_ms, enable_priority, created_at_ms,
      updated_at_ms)
    VALUES (1, 'p', 'q', 11, 12, 'fifo', 3, 7, 30000, ${no}, 0, 0),
      (2, 'other', 'q', 21, 22, 'standard', 3, 7, 30000, ${no}, 0, 0);
  INSERT INTO ${schema}idempotency
      (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
    VALUES ('p', 'queue.purge', 1, 'é', 'f', '{}', 9), ('p', 'queue.purge', 7, 'k', 'f', '{}', 9);
  INSERT INTO ${schema}deduplications (queue_id, deduplication_id, message_id, expires_at_ms)
    VALUES (1, 'é', ${id('1')}, 9), (7, 'of a queue that is gone', ${id('2')}, 9);
  INSERT INTO ${schema}push_subscriptions
      (subscription_id, queue_id, url, format, max_in_flight, state, created_at_ms, updated_at_ms)
    VALUES ('s', 1, 'https://a.example/', 'message', 10, 'active', 0, 0);
  INSERT INTO ${schema}api_keys (key_id, project, scopes, secret_hash, created_at_ms, revoked_at_ms)
    VALUES ('a', 'p', 'read', 'hash a', 0, NULL), ('b', 'p', 'read', 'hash b', 0, 5);
`;

const uuid = (text: string): string => `'00000000-0000-7000-8000-00000000000${text}'`;

const messages = (columns: string, extra: (id: string) => string): string =>
  [
    ['1', '11', '0', '5'],
    ['2', '12', '3', '7'],
    ['3', '99', '0', '9'],
  ]
    .map(
      ([id = '', bucket, state, bytes]) =>
        `INSERT INTO ${columns} VALUES (${extra(id)}, ${bucket}, 0, 0, ${state}, 0, ${bytes}, 0, 0, 0);`,
    )
    .join('\n');

const COLUMNS = `bucket_id, seq, rank, state, priority, bytes, enqueued_at_ms,
  first_available_at_ms, live_since_ms`;

const HELD = {
  p: {
    messages: 2,
    bytes: 5 + 7 + (200 + 2 + 1 + 2) + (200 + 1 + 1 + 2) + (200 + 2 + 36),
    queues: 1,
    subscriptions: 1,
    keys: 1,
  },
  other: { messages: 0, bytes: 0, queues: 1, subscriptions: 0, keys: 0 },
};

describe('the usage of projects created before usage was counted', () => {
  it('is counted by the migration on sqlite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    const path = join(folder, 'old.db');
    const db = new Database(path);
    const before = ON_SQLITE.findIndex((text) => text.includes('ended_at_ms'));
    for (const migration of ON_SQLITE.slice(0, before)) db.exec(migration);
    db.exec(fill('', '0', uuid));
    db.exec(messages(`messages (id, message_id, ${COLUMNS})`, (id) => `${id}, ${uuid(id)}`));
    db.exec(`INSERT INTO queue_counters VALUES (1, 1, 0, 0, 5), (2, 0, 0, 0, 0);
      INSERT INTO project_counters VALUES ('p', 1, 5), ('gone', 0, 0)`);
    for (const migration of ON_SQLITE.slice(before)) db.exec(migration);
    const dead = db.prepare('SELECT dead, dead_bytes FROM queue_counters WHERE queue_id = 1').get();
    db.close();
    expect(await readUsageTables(`sqlite:${path}`)).toEqual({ kept: HELD, counted: HELD });
    expect(dead).toEqual({ dead: 1, dead_bytes: 7 });
    await rm(folder, { recursive: true });
  });

  it('is counted by the migration on postgres', async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory;
    const fixture = await factory.create();
    const client = new pg.Client(fixture.url);
    await client.connect();
    await client.query('CREATE SCHEMA millrace');
    const before = ON_POSTGRES.findIndex((text) => text.includes('ended_at_ms'));
    for (const migration of ON_POSTGRES.slice(0, before)) await client.query(migration);
    await client.query(fill('millrace.', 'false', uuid));
    const into = `millrace.messages (payload, message_id, ${COLUMNS})`;
    await client.query(messages(into, (id) => `'1', ${uuid(id)}`));
    await client.query('INSERT INTO millrace.queue_counters VALUES (11, 3, 1, 0, 0, 5)');
    for (const migration of ON_POSTGRES.slice(before)) await client.query(migration);
    await client.end();
    expect(await readUsageTables(fixture.url)).toEqual({ kept: HELD, counted: HELD });
    await fixture.remove();
  });
});
