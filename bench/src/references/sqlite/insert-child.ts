import type { InsertJob } from './alone.js';
import { MESSAGE_COLUMNS, measureTransactions, messageId } from './alone-child.js';

measureTransactions((db, job: InsertJob) => {
  db.exec(`CREATE TABLE messages (${MESSAGE_COLUMNS}) STRICT`);
  const insert = db.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)');
  const rows = job.rowsPerUnit * job.unitsPerTransaction;
  let id = 0;
  return db.transaction(() => {
    const nowMs = Date.now();
    for (let row = 0; row < rows; row += 1) {
      id += 1;
      insert.run(id, messageId(id), 1, job.payload, nowMs, nowMs);
    }
  });
});
