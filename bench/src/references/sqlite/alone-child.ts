import Database from 'better-sqlite3';
import type { LoadReport } from '../../load/load-process.js';
import { LoadTally } from '../../load/load-tally.js';
import type { InsertJob } from './alone.js';

/**
 * The minimum for storing a message: its key, the id that the client got, its queue, its payload and its
 * two times. There is no index besides the primary key, no second table and no counter, and keys only
 * rise, so each row is appended.
 */
export const MESSAGE_COLUMNS = `
  id INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  queue_id INTEGER NOT NULL,
  payload TEXT NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  first_available_at_ms INTEGER NOT NULL`;

/** As long as a UUID and as cheap as possible: making ids is not SQLite's work. */
export const messageId = (id: number): string =>
  `00000000-0000-7000-8000-${id.toString(16).padStart(12, '0')}`;

/**
 * Receives the job and reports its result.
 *
 * @param prepare fills the new database, and returns what is measured: one transaction
 */
export function measureTransactions<Job extends InsertJob>(
  prepare: (db: Database.Database, job: Job) => () => void,
): void {
  process.once('message', (job: Job) => {
    const db = openAlone(job.file);
    const runTransaction = prepare(db, job);
    const tally = new LoadTally(job);
    for (let fromMs = performance.now(); tally.takeTurn(fromMs); fromMs = performance.now()) {
      runTransaction();
      const nowMs = performance.now();
      for (let unit = 0; unit < job.unitsPerTransaction; unit += 1) tally.recordUnit(fromMs, nowMs);
    }
    const report: LoadReport = { result: tally.result() };
    db.close();
    process.send?.(report, () => process.disconnect());
  });
}

/** A new database with SQLite's defaults, checkpoints included, except that commits are on the disk. */
function openAlone(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  if (db.pragma('journal_mode', { simple: true }) !== 'wal') throw new Error('no WAL');
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('not synchronous');
  return db;
}
