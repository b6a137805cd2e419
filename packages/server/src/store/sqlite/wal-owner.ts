import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { StoreOpenError } from '../../core/store.js';

/**
 * Ties a WAL to the file that it was written for. SQLite does not: a WAL that lies beside a file
 * which somebody has put in the place of the old one is played into it, and what comes out are the
 * old messages, or a mixture.
 *
 * Two numbers together name the file and its WAL. The header of a WAL holds how often it was begun
 * anew and a salt; both count up by one each time, so that their difference stays the same as long
 * as anybody has the file open (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). The
 * schema cookie of the file differs in copies that SQLite's own functions make. The file keeps what
 * follows from both in its user version, above the number of its schema, so that all of it lies in
 * the first bytes of the file and can be read without the WAL.
 */

const WAL_HEADER_BYTES = 32;
const WAL_MAGIC = 0x377f0682;
const FILE_HEADER_BYTES = 100;
/** A user version is the number of the schema and so many times the tie. */
const TIE_UNIT = 2 ** 8;
/** From here to the largest user version: so that a file without a tie can be told from one with. */
const TIE = { min: 2 ** 14, end: 2 ** 23 };

interface WalHeader {
  /** How often it was begun anew. */
  readonly beginnings: number;
  readonly salt: number;
}

/** The number of the schema in a user version. */
export const schemaOf = (userVersion: number): number =>
  isTied(userVersion) ? userVersion % TIE_UNIT : userVersion;

const isTied = (userVersion: number): boolean => userVersion >= TIE.min * TIE_UNIT;

/** @throws StoreOpenError when the WAL beside this file was written for another one */
export function refuseForeignWal(path: string): void {
  const wal = readWalHeader(path);
  if (wal === null) return;
  const file = readBytes(path, FILE_HEADER_BYTES);
  if (file === null) throw new StoreOpenError(withoutFile(path));
  const version = file.readUInt32BE(60);
  // The first WAL of a run is there before the file can have been tied to it.
  if (!isTied(version) || wal.beginnings === 0) return;
  const tie = tieOf(wal, file.readUInt32BE(40));
  if (Math.floor(version / TIE_UNIT) !== tie) throw new StoreOpenError(foreign(path));
}

/** Whether there is a WAL that anything was written to. */
export const hasWal = (path: string): boolean => readWalHeader(path) !== null;

/** Ties the file to its WAL, where it is not: at each start, and when its schema was changed. */
export function tieToWal(db: Database.Database, path: string): void {
  // A WAL gets its header with the first page that is written.
  if (!hasWal(path)) setUserVersion(db, userVersion(db));
  const wal = readWalHeader(path);
  if (wal === null) return;
  const cookie = db.pragma('schema_version', { simple: true }) as number;
  const tied = tieOf(wal, cookie) * TIE_UNIT + schemaOf(userVersion(db));
  if (tied !== userVersion(db)) setUserVersion(db, tied);
}

const userVersion = (db: Database.Database): number =>
  db.pragma('user_version', { simple: true }) as number;

const setUserVersion = (db: Database.Database, version: number): unknown =>
  db.pragma(`user_version = ${version}`);

const tieOf = ({ beginnings, salt }: WalHeader, cookie: number): number =>
  TIE.min + (((salt - beginnings + cookie) >>> 0) % (TIE.end - TIE.min));

function readWalHeader(path: string): WalHeader | null {
  const header = readBytes(`${targetOf(path)}-wal`, WAL_HEADER_BYTES);
  // The last bit of it tells the order of bytes in the check sums.
  if (header === null || (header.readUInt32BE(0) & ~1) !== WAL_MAGIC) return null;
  return { beginnings: header.readUInt32BE(12), salt: header.readUInt32BE(16) };
}

/** SQLite puts a WAL beside the file itself, not beside a link to it. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The first bytes of a file; null where it is missing or shorter. */
function readBytes(path: string, count: number): Buffer | null {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < count) return null;
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return readSync(file, bytes, 0, count, 0) === count ? bytes : null;
  } finally {
    closeSync(file);
  }
}

const foreign = (path: string): string =>
  `${path}-wal does not belong to ${path}: it was written for another file, such as one that a restore has replaced. If ${path} is the one you want, move ${path}-wal away and start again; "millrace restore" does that by itself. Or put back the file that it belongs to. If nobody has replaced the file but somebody has changed its schema while the server ran, "sqlite3 ${path} 'PRAGMA wal_checkpoint(TRUNCATE)'" brings both together.`;

const withoutFile = (path: string): string =>
  `${path} is missing or empty, but ${path}-wal holds what was written for it. Put the file back, or move ${path}-wal away to start without.`;
