import type { Database } from 'better-sqlite3';
import type { SettleJob } from './alone.js';
import { MESSAGE_COLUMNS, measureTransactions, messageId } from './alone-child.js';

const ROWS_IN_FILL = 10_000;
const LEASE_MS = 30_000;

measureTransactions((db, job: SettleJob) => {
  fill(db, job);
  const lease = db
    .prepare(
      'UPDATE messages SET receipt = ?, lease_expires_at_ms = ? WHERE id = ? RETURNING payload',
    )
    .pluck();
  const remove = db.prepare('DELETE FROM messages WHERE id = ? AND receipt = ?');
  const rows = job.rowsPerUnit * job.unitsPerTransaction;
  let leasedTo = 0;
  // Leases one group of rows and deletes the last one, as one commit does when both calls take turns.
  return db.transaction(() => {
    const expiresAtMs = Date.now() + LEASE_MS;
    const removeFrom = Math.max(1, leasedTo - rows + 1);
    for (let id = leasedTo + 1; id <= leasedTo + rows; id += 1) {
      if (lease.get(messageId(id), expiresAtMs, id) === undefined)
        throw new Error('no rows are left');
    }
    for (let id = removeFrom; id <= leasedTo; id += 1) remove.run(id, messageId(id));
    leasedTo += rows;
  });
});

function fill(db: Database, job: SettleJob): void {
  const leaseColumns = 'receipt TEXT, lease_expires_at_ms INTEGER';
  db.exec(`CREATE TABLE messages (${MESSAGE_COLUMNS}, ${leaseColumns}) STRICT`);
  const waiting = Math.ceil((job.rowsPerSecondMax * (job.warmupMs + job.durationMs)) / 1000);
  const insert = db.prepare('INSERT INTO messages VALUES (?, ?, 1, ?, ?, ?, NULL, NULL)');
  const insertGroup = db.transaction((from: number) => {
    const nowMs = Date.now();
    for (let id = from; id < from + ROWS_IN_FILL; id += 1) {
      insert.run(id, messageId(id), job.payload, nowMs, nowMs);
    }
  });
  for (let from = 1; from <= waiting; from += ROWS_IN_FILL) insertGroup(from);
  db.pragma('wal_checkpoint(TRUNCATE)');
}
