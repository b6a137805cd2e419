import { randomInt } from 'node:crypto';
import type Database from 'better-sqlite3';
import { StoreOpenError } from '../../../../core/store/store.js';
import { type FirstPage, readFirstPage, readWalFirstPage } from './wal-file.js';

/**
 * Detects a WAL that was written for another file. SQLite does not: when somebody has replaced a file
 * but left its WAL, SQLite applies that WAL to the new file, and the result is the old messages or a
 * mixture.
 *
 * The user version of a file contains an id besides the number of its schema. A new id is drawn for each
 * run of a server and for each copy, and only while there is no WAL, so a WAL and its file always have
 * the same id, each in its first page. Copies by SQLite's own functions keep the id but get another
 * schema cookie, which otherwise only counts changes of the schema.
 */

/** A user version is the id times this number, plus the number of the schema. */
const ID_UNIT = 2 ** 8;
/** Bounded by the largest user version, and large enough to distinguish files with an id from others. */
const ID = { min: 2 ** 14, end: 2 ** 23 };
/** How many changes of the schema another program may have made since the WAL began. */
const SCHEMA_CHANGES_MAX = 16;

const hasId = (userVersion: number): boolean => userVersion >= ID.min * ID_UNIT;
const idOf = (userVersion: number): number =>
  hasId(userVersion) ? Math.floor(userVersion / ID_UNIT) : 0;

/** The number of the schema in a user version. */
export const schemaOf = (userVersion: number): number =>
  hasId(userVersion) ? userVersion % ID_UNIT : userVersion;

/** The same user version with another schema number. */
export const withSchema = (userVersion: number, schema: number): number =>
  idOf(userVersion) * ID_UNIT + schema;

/** @throws StoreOpenError when the WAL next to this file was written for another one */
export function refuseForeignWal(path: string): void {
  const wal = readWalFirstPage(`${path}-wal`);
  if (wal === 'none') return;
  const file = readFirstPage(path);
  if (file === undefined) throw new StoreOpenError(withoutFile(path));
  if (wal !== 'unknown' && !belongTogether(file, wal)) throw new StoreOpenError(foreign(path));
}

function belongTogether(file: FirstPage, wal: FirstPage): boolean {
  const id = idOf(file.userVersion);
  if (id !== idOf(wal.userVersion)) return false;
  const schemaChanges = wal.schemaCookie - file.schemaCookie;
  // Without an id, both are from an older millrace, whose first WAL contained the whole schema.
  return id === 0 || (schemaChanges >= 0 && schemaChanges <= SCHEMA_CHANGES_MAX);
}

/**
 * Draws a new id for a file that has no WAL. It leaves the WAL mode first, so that the id is written to
 * the file itself before there is a WAL. That is not possible while somebody else has the file open; the
 * file then keeps its id.
 */
export function drawId(db: Database.Database): void {
  if (!withoutWaiting(db, () => leaveWal(db))) return;
  const schema = schemaOf(userVersionOf(db));
  db.pragma(`user_version = ${randomInt(ID.min, ID.end) * ID_UNIT + schema}`);
}

function leaveWal(db: Database.Database): boolean {
  try {
    return db.pragma('journal_mode = DELETE', { simple: true }) === 'delete';
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}

/** Does work that fails at once instead of waiting for another connection. */
export function withoutWaiting<T>(db: Database.Database, work: () => T): T {
  const waitMs = db.pragma('busy_timeout', { simple: true }) as number;
  db.pragma('busy_timeout = 0');
  try {
    return work();
  } finally {
    db.pragma(`busy_timeout = ${waitMs}`);
  }
}

/** Writes the first page unchanged, so that it is near the start of the WAL. */
export function writeFirstPage(db: Database.Database): void {
  db.pragma(`user_version = ${userVersionOf(db)}`);
}

export const userVersionOf = (db: Database.Database): number =>
  db.pragma('user_version', { simple: true }) as number;

const foreign = (path: string): string =>
  `${path}-wal was written for another file than ${path}, such as one that was here before a restore. Copy both to a safe place first. If ${path} is the file that you want, as after a restore by hand, remove ${path}-wal and start again. Otherwise put back the file that was here before, or use "millrace restore", which moves both aside itself.`;

const withoutFile = (path: string): string =>
  `${path} is missing or empty, but ${path}-wal contains changes to it. Put the file back, or move ${path}-wal away to start without them.`;
