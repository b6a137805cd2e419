import type { ClientBase } from 'pg';
import type { Log } from '../../core/log.js';
import { StoreOpenError } from '../../core/store.js';
import { tellMigration } from '../../core/store-lines.js';
import { MIGRATIONS } from './migrations/index.js';

/** Any number, the same on all nodes: only one migrates at a time. */
const MIGRATION_LOCK = 7_235_438_201;
const SERVER_MIN_VERSION = 150_000;

/** Brings the schema up to date; safe when several nodes start at once. */
export async function migrate(client: ClientBase, log: Log): Promise<void> {
  await assertVersion(client);
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS millrace');
    await client.query(
      'CREATE TABLE IF NOT EXISTS millrace.schema_migrations (version integer PRIMARY KEY)',
    );
    const { rows } = await client.query(
      'SELECT coalesce(max(version), 0) AS version FROM millrace.schema_migrations',
    );
    const version = Number(rows[0].version);
    if (version > MIGRATIONS.length) {
      throw new StoreOpenError(
        `the database has schema ${version}, but this millrace knows schemas up to ${MIGRATIONS.length}. Run the newer millrace that wrote it.`,
      );
    }
    for (let next = version; next < MIGRATIONS.length; next += 1) {
      await client.query(MIGRATIONS[next] as string);
      await client.query('INSERT INTO millrace.schema_migrations (version) VALUES ($1)', [
        next + 1,
      ]);
    }
    await client.query('COMMIT');
    tellMigration(log, version, MIGRATIONS.length);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function assertVersion(client: ClientBase): Promise<void> {
  const { rows } = await client.query('SHOW server_version_num');
  if (Number(rows[0].server_version_num) < SERVER_MIN_VERSION) {
    throw new StoreOpenError('the database is older than PostgreSQL 15.');
  }
}
