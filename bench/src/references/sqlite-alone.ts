import Database from 'better-sqlite3';

/** A new database with SQLite's defaults, checkpoints included, except that commits are on the disk. */
export function openAlone(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  if (db.pragma('journal_mode', { simple: true }) !== 'wal') throw new Error('no WAL');
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('not synchronous');
  return db;
}

/** As long as a UUID and as cheap as possible: making ids is not SQLite's work. */
export const messageId = (id: number): string =>
  `00000000-0000-7000-8000-${id.toString(16).padStart(12, '0')}`;
