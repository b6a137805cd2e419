import type { LoadReport } from '../load/load-process.js';
import { LoadTally } from '../load/load-tally.js';
import { messageId, openAlone } from './sqlite-alone.js';
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
  const db = openAlone(job.file);
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
