import { JOB_KEPT_MS } from '../../../core/dead-letters/dead-letter-job.js';
import { RECORD_OVERHEAD_BYTES, recordBytes } from '../../../core/limits/record-room.js';
import type {
  AnswerRecords,
  RecordedAnswer,
  RecordScope,
} from '../../../core/queue/transaction.js';
import type { SqliteTransaction } from './transaction.js';

/** The same size as `recordBytes`. */
const BYTES = `${RECORD_OVERHEAD_BYTES} + octet_length(key) + octet_length(fingerprint)
  + octet_length(outcome) AS bytes`;

const WHICH = 'project = ? AND capability = ? AND queue_id = ? AND key = ?';

export const answerRecords = (tx: SqliteTransaction): AnswerRecords => ({
  room: tx.room,
  nowMs: tx.nowMs,

  find: (scope) =>
    tx
      .sql(`SELECT fingerprint, outcome FROM idempotency WHERE ${WHICH} AND expires_at_ms > ?`)
      .get(scope.project, scope.capability, scope.queueId, scope.key, tx.nowMs) as
      | RecordedAnswer
      | undefined,

  put: (scope: RecordScope, answer: RecordedAnswer, endMs: number) => {
    const { project, capability, queueId, key } = scope;
    tx.remembered += 1;
    // An old record may still exist, expired or no longer valid.
    const replaced = tx.sql(`SELECT ${BYTES} FROM idempotency WHERE ${WHICH}`).pluck();
    const bytesBefore = (replaced.get(project, capability, queueId, key) ?? 0) as number;
    tx.usage.count(project, 0, recordBytes(key, answer) - bytesBefore);
    tx.sql(
      `INSERT OR REPLACE INTO idempotency
         (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(project, capability, queueId, key, answer.fingerprint, answer.outcome, endMs);
  },
});

/** @returns whether there may be more */
export function dropExpiredRecords(tx: SqliteTransaction, limit: number): boolean {
  const jobs = tx
    .sql(
      `DELETE FROM dead_letter_jobs WHERE finished = 1 AND job_id IN (
         SELECT job_id FROM dead_letter_jobs WHERE started_at_ms < ?
          ORDER BY started_at_ms LIMIT ?)`,
    )
    .run(tx.nowMs - JOB_KEPT_MS, limit);
  const dropped = tx
    .sql(
      `DELETE FROM idempotency WHERE (project, capability, queue_id, key) IN (
         SELECT project, capability, queue_id, key FROM idempotency
          WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)
       RETURNING project, ${BYTES}`,
    )
    .all(tx.nowMs, limit) as { project: string; bytes: number }[];
  for (const { project, bytes } of dropped) tx.usage.count(project, 0, -bytes);
  return dropped.length === limit || jobs.changes === limit;
}
