import { randomInt } from 'node:crypto';
import type Database from 'better-sqlite3';
import { StoreOpenError } from '../../../core/store/store.js';
import { type FirstPage, readFirstPage, readWalFirstPage } from './wal-file.js';

/**
 * Tells a WAL that was written for another file. SQLite does not: a WAL that lies beside a file which
 * somebody has put in the place of the old one is played into it, and what comes out are the old
 * messages, or a mixture.
 *
 * The user version of a file holds an id beside the number of its schema. It is drawn anew for each
 * run of a server and for each copy, and only while there is no WAL; so a WAL and its file always
 * have the same one, each in its first page. Copies by SQLite's own functions keep the id but get
 * another schema cookie, which otherwise only counts changes of the schema.
 */

/** A user version is the number of the schema and so many times the id. */
const ID_UNIT = 2 ** 8;
/** Up to the largest user version, and so that a file without an id can be told from one with. */
const ID = { min: 2 ** 14, end: 2 ** 23 };
/** What another program may have changed in the schema since the WAL was begun. */
const SCHEMA_CHANGES_MAX = 16;

const hasId = (userVersion: number): boolean => userVersion >= ID.min * ID_UNIT;
const idOf = (userVersion: number): number =>
  hasId(userVersion) ? Math.floor(userVersion / ID_UNIT) : 0;

/** The number of the schema in a user version. */
export const schemaOf = (userVersion: number): number =>
  hasId(userVersion) ? userVersion % ID_UNIT : userVersion;

/** The user version with the number of another schema. */
export const withSchema = (userVersion: number, schema: number): number =>
  idOf(userVersion) * ID_UNIT + schema;

/** @throws StoreOpenError when the WAL beside this file was written for another one */
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
  // Without an id both are of an older millrace, whose first WAL held the whole schema.
  return id === 0 || (schemaChanges >= 0 && schemaChanges <= SCHEMA_CHANGES_MAX);
}

/**
 * Draws a new id for a file that has no WAL. The journal mode is another one meanwhile, so that the
 * id stands in the file itself before there is a WAL. Where somebody else has the file open that
 * cannot be, and it keeps the id that it has.
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

/** Does what fails at once where another connection would have to be waited for. */
export function withoutWaiting<T>(db: Database.Database, work: () => T): T {
  const waitMs = db.pragma('busy_timeout', { simple: true }) as number;
  db.pragma('busy_timeout = 0');
  try {
    return work();
  } finally {
    db.pragma(`busy_timeout = ${waitMs}`);
  }
}

/** Writes the first page as it is, so that the WAL has it early. */
export function writeFirstPage(db: Database.Database): void {
  db.pragma(`user_version = ${userVersionOf(db)}`);
}

export const userVersionOf = (db: Database.Database): number =>
  db.pragma('user_version', { simple: true }) as number;

const foreign = (path: string): string =>
  `${path}-wal was written for another file than ${path}, such as one that was here before a restore. Copy both to a safe place first. If ${path} is the file that you want, as after a restore by hand, remove ${path}-wal and start again. Otherwise put back the file that was here before, or use "millrace restore", which puts both aside by itself.`;

const withoutFile = (path: string): string =>
  `${path} is missing or empty, but ${path}-wal holds what was written for it. Put the file back, or move ${path}-wal away to start without.`;
