import type { ClientBase } from 'pg';
import type { Log } from '../../core/log.js';
import { StoreOpenError } from '../../core/store/store.js';
import { tellMigration } from '../../core/store/store-lines.js';
import { isForbidden, isHeldUp } from './driver/errors.js';
import { beginMigration } from './driver/sessions.js';
import { MIGRATIONS } from './migrations/index.js';

/** An arbitrary number, the same on all nodes, so that only one node migrates at a time. */
const MIGRATION_LOCK = 7_235_438_201;

/**
 * Brings the schema up to date; safe when several nodes start at once. If it is up to date already, this
 * needs no right to change it.
 */
export async function migrate(client: ClientBase, log: Log): Promise<void> {
  if ((await readVersion(client)) === MIGRATIONS.length) return;
  for (const text of beginMigration()) await client.query(text);
  try {
    await lock(client, log);
    await makeSchema(client);
    const version = await readVersion(client);
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

/** The schema version; 0 if there is no schema yet. */
async function readVersion(client: ClientBase): Promise<number> {
  const { rows: found } = await client.query(
    `SELECT to_regclass('millrace.schema_migrations') IS NOT NULL AS is_there`,
  );
  if (!found[0].is_there) return 0;
  const { rows } = await client.query(
    'SELECT coalesce(max(version), 0) AS version FROM millrace.schema_migrations',
  );
  const version = Number(rows[0].version);
  if (version > MIGRATIONS.length) {
    throw new StoreOpenError(
      `the database has schema ${version}, but this millrace knows schemas up to ${MIGRATIONS.length}. Run the newer millrace that wrote it.`,
    );
  }
  return version;
}

/** Waits for a node that migrates, but not forever: that node may be gone. */
async function lock(client: ClientBase, log: Log): Promise<void> {
  const { rows } = await client.query('SELECT pg_try_advisory_xact_lock($1) AS is_ours', [
    MIGRATION_LOCK,
  ]);
  if (rows[0].is_ours) return;
  log.info('another node migrates the store; this one waits for it');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  } catch (error) {
    if (!isHeldUp(error)) throw error;
    throw new StoreOpenError(
      'another node has held the migration lock for too long. Check whether a node is still migrating; if not, end its session in the database, then start again.',
    );
  }
}

async function makeSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query(`SELECT to_regnamespace('millrace') IS NULL AS is_missing`);
  if (rows[0].is_missing) await createSchema(client);
  await client.query(
    'CREATE TABLE IF NOT EXISTS millrace.schema_migrations (version integer PRIMARY KEY)',
  );
}

async function createSchema(client: ClientBase): Promise<void> {
  try {
    await client.query('CREATE SCHEMA millrace');
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new StoreOpenError(
      'the role may not create the schema millrace in the database. Grant it that right (GRANT CREATE ON DATABASE … TO …), or create the schema for it (CREATE SCHEMA millrace AUTHORIZATION …).',
    );
  }
}
