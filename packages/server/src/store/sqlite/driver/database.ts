import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StoreOpenError } from '../../../core/store/store.js';
import { makeFile } from '../file/file-modes.js';
import { WAL_LIMIT_BYTES } from '../file/space/space-keeper.js';
import {
  drawId,
  refuseForeignWal,
  schemaOf,
  userVersionOf,
  withoutWaiting,
  withSchema,
  writeFirstPage,
} from '../file/wal/wal-owner.js';
import { MIGRATIONS } from '../migrations/index.js';

/** "mill" in ASCII: distinguishes stores from other programs' SQLite files. */
const APPLICATION_ID = 0x6d696c6c;
/** Older versions can corrupt a WAL when a checkpoint and a write coincide. */
const SQLITE_MIN_VERSION = [3, 51, 3] as const;
/** A file up to this size is checked at the start; in a larger one, damage shows when it is read. */
const FULL_CHECK_MAX_BYTES = 64 * 1024 * 1024;
const CACHE_KIB = 8 * 1024;

/** The schema versions that a file had before and has now; the same if no migration was needed. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
}

export interface OpenedWriter {
  readonly db: Database.Database;
  readonly migrated: Migrated;
}

/** Opens the database for writing: checks it, migrates it and reads the durability settings back. */
export function openWriter(path: string): OpenedWriter {
  return explainFailure(path, () => {
    makeFile(path);
    refuseForeignWal(path);
    const db = new Database(path);
    try {
      assertVersion(db);
      // These two take effect only before the first table is created.
      if (isEmpty(db)) {
        db.pragma('page_size = 4096');
        db.pragma('auto_vacuum = INCREMENTAL');
        db.exec('VACUUM');
      } else {
        assertOurs(db, path);
        assertKnownSchema(db, path);
      }
      setPragma(db, 'synchronous', 'FULL', 2);
      // This also copies into the file what a killed server has left in the WAL.
      drawId(db);
      setPragma(db, 'journal_mode', 'WAL', 'wal');
      db.pragma('wal_autocheckpoint = 0');
      // A WAL that grew because of somebody's snapshot is truncated when it restarts.
      db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
      db.pragma(`cache_size = -${CACHE_KIB}`);
      db.pragma('foreign_keys = ON');
      db.pragma('temp_store = MEMORY');
      checkIntegrity(db, path);
      // Before anything else, so that it is the first page in the WAL.
      writeFirstPage(db);
      const migrated = migrate(db, path);
      if (migrated.from !== migrated.to) {
        // The next WAL begins with the new schema.
        withoutWaiting(db, () => db.pragma('wal_checkpoint(TRUNCATE)'));
        writeFirstPage(db);
      }
      return { db, migrated };
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** A further connection, for queries (`readonly`) or for checkpoints. */
export function openSecondary(path: string, readonly: boolean): Database.Database {
  const db = new Database(path, { readonly, fileMustExist: true });
  db.pragma(`cache_size = -${CACHE_KIB / 8}`);
  db.pragma('busy_timeout = 5000');
  if (!readonly) db.pragma('synchronous = FULL');
  return db;
}

function assertVersion(db: Database.Database): void {
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  for (const [index, least] of SQLITE_MIN_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new StoreOpenError(
        `SQLite ${version} is too old: ${SQLITE_MIN_VERSION.join('.')} or newer is needed. Reinstall better-sqlite3.`,
      );
    }
  }
}

/** True for a new file, and for one left by a start that was killed before its first table. */
const isEmpty = (db: Database.Database): boolean =>
  db.pragma('application_id', { simple: true }) === 0 &&
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;

/** @throws StoreOpenError unless this millrace can work with the contents of the file */
export function assertUsable(db: Database.Database, path: string): void {
  assertVersion(db);
  assertOurs(db, path);
  assertKnownSchema(db, path);
}

function assertOurs(db: Database.Database, path: string): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new StoreOpenError(
      `${path} is a database of another program, not of millrace. Name another file with --store.`,
    );
  }
}

function setPragma(
  db: Database.Database,
  name: string,
  value: string,
  expected: string | number,
): void {
  db.pragma(`${name} = ${value}`);
  const actual = db.pragma(name, { simple: true });
  if (actual !== expected) {
    throw new StoreOpenError(
      `The store needs ${name} = ${value}, but SQLite reports ${String(actual)}. Is the file on a network drive?`,
    );
  }
}

function checkIntegrity(db: Database.Database, path: string): void {
  if (statSync(path).size > FULL_CHECK_MAX_BYTES) return;
  const fault = faultOf(db);
  if (fault !== null) throw damaged(path, fault);
}

/** Checks the whole file. @returns what is wrong with it, or null */
export function faultOf(db: Database.Database): string | null {
  const result = db.pragma('quick_check(1)', { simple: true });
  return result === 'ok' ? null : (String(result).split('\n').at(-1) ?? '');
}

/** @returns the version of its schema */
function assertKnownSchema(db: Database.Database, path: string): number {
  const version = schemaOf(userVersionOf(db));
  if (version <= MIGRATIONS.length) return version;
  throw new StoreOpenError(
    `${path} has schema ${version}, but this millrace knows schemas up to ${MIGRATIONS.length}. Run the newer millrace that wrote it.`,
  );
}

function migrate(db: Database.Database, path: string): Migrated {
  const version = assertKnownSchema(db, path);
  for (let next = version; next < MIGRATIONS.length; next += 1) {
    db.transaction(() => {
      db.exec(MIGRATIONS[next] as string);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${withSchema(userVersionOf(db), next + 1)}`);
    }).immediate();
  }
  return { from: version, to: MIGRATIONS.length };
}

const damaged = (path: string, cause: string): StoreOpenError =>
  new StoreOpenError(
    `${path} is damaged (${cause}). Restore a backup, or move the file away to start with an empty store.`,
  );

/** Explains to the operator why an operation on the file failed. */
export function explainFailure<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
      throw damaged(path, message);
    throw new StoreOpenError(`${path} cannot be opened: ${message}. ${remedyOf(code)}`);
  }
}

function remedyOf(code = ''): string {
  if (code.startsWith('SQLITE_BUSY')) return 'End the program that locks it, then start again.';
  if (code.startsWith('SQLITE_FULL')) return 'Make room on the disk, then start again.';
  return 'Check that it is on a working local disk, or name another file with --store.';
}
