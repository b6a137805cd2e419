import type { LoadReport } from '../load/load-process.js';
import { LoadTally } from '../load/load-tally.js';
import { messageId, openAlone } from './sqlite-alone.js';
import type { SqliteSettleJob } from './sqlite-settle.js';

/** The minimum for storing a message, as in sqlite-insert-child.ts, and for its lease. */
const TABLE = `
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  queue_id INTEGER NOT NULL,
  payload TEXT NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  first_available_at_ms INTEGER NOT NULL,
  receipt TEXT,
  lease_expires_at_ms INTEGER
) STRICT`;
const ROWS_IN_FILL = 10_000;
const LEASE_MS = 30_000;

process.once('message', (job: SqliteSettleJob) => {
  const db = openAlone(job.file);
  db.exec(TABLE);
  const waiting = Math.ceil((job.rowsPerSecondMax * (job.warmupMs + job.durationMs)) / 1000);
  const insert = db.prepare('INSERT INTO messages VALUES (?, ?, 1, ?, ?, ?, NULL, NULL)');
  const fill = db.transaction((from: number) => {
    const nowMs = Date.now();
    for (let id = from; id < from + ROWS_IN_FILL; id += 1) {
      insert.run(id, messageId(id), job.payload, nowMs, nowMs);
    }
  });
  for (let from = 1; from <= waiting; from += ROWS_IN_FILL) fill(from);
  db.pragma('wal_checkpoint(TRUNCATE)');

  const lease = db
    .prepare(
      'UPDATE messages SET receipt = ?, lease_expires_at_ms = ? WHERE id = ? RETURNING payload',
    )
    .pluck();
  const remove = db.prepare('DELETE FROM messages WHERE id = ? AND receipt = ?');
  const rows = job.rowsPerUnit * job.unitsPerTransaction;
  let leasedTo = 0;
  // Leases one group of rows and deletes the last one, as one commit does when both calls take turns.
  const settleGroup = db.transaction(() => {
    const expiresAtMs = Date.now() + LEASE_MS;
    const removeFrom = Math.max(1, leasedTo - rows + 1);
    for (let id = leasedTo + 1; id <= leasedTo + rows; id += 1) {
      if (lease.get(messageId(id), expiresAtMs, id) === undefined)
        throw new Error('no rows are left');
    }
    for (let id = removeFrom; id <= leasedTo; id += 1) remove.run(id, messageId(id));
    leasedTo += rows;
  });

  const tally = new LoadTally(job);
  for (let fromMs = performance.now(); tally.takeTurn(fromMs); fromMs = performance.now()) {
    settleGroup();
    const nowMs = performance.now();
    for (let unit = 0; unit < job.unitsPerTransaction; unit += 1) tally.recordUnit(fromMs, nowMs);
  }
  const report: LoadReport = { result: tally.result() };
  db.close();
  process.send?.(report, () => process.disconnect());
});
