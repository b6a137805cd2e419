import Database from 'better-sqlite3';
import type { LoadReport } from '../load/load-process.js';
import { LoadTally } from '../load/load-tally.js';
import type { SqliteInsertJob } from './sqlite-insert.js';

/**
 * The minimum for storing a message: its key, the id that the client got, its queue, its payload and its
 * two times. There is no index besides the primary key, no second table and no counter, and keys only
 * rise, so each row is appended.
 */
const TABLE = `
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  queue_id INTEGER NOT NULL,
  payload TEXT NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  first_available_at_ms INTEGER NOT NULL
) STRICT`;

process.once('message', (job: SqliteInsertJob) => {
  const db = new Database(job.file);
  // Everything else, including checkpoints, has SQLite's defaults.
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  if (db.pragma('journal_mode', { simple: true }) !== 'wal') throw new Error('no WAL');
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('not synchronous');
  db.exec(TABLE);
  const insert = db.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)');
  const rows = job.rowsPerUnit * job.unitsPerTransaction;
  let id = 0;
  const insertGroup = db.transaction(() => {
    const nowMs = Date.now();
    for (let row = 0; row < rows; row += 1) {
      id += 1;
      insert.run(id, messageId(id), 1, job.payload, nowMs, nowMs);
    }
  });

  const tally = new LoadTally(job);
  for (let fromMs = performance.now(); tally.takeTurn(fromMs); fromMs = performance.now()) {
    insertGroup();
    const nowMs = performance.now();
    for (let unit = 0; unit < job.unitsPerTransaction; unit += 1) tally.recordUnit(fromMs, nowMs);
  }
  const report: LoadReport = { result: tally.result() };
  db.close();
  process.send?.(report, () => process.disconnect());
});

/** As long as a UUID and as cheap as possible: making ids is not SQLite's work. */
const messageId = (id: number): string =>
  `00000000-0000-7000-8000-${id.toString(16).padStart(12, '0')}`;
