import { JOB_KEPT_MS } from '../../core/dead-letter-job.js';
import type { AnswerRecords, RecordedAnswer, RecordScope } from '../../core/transaction.js';
import type { GroupTransaction } from './transaction.js';

/** Expired records go a few at a time, with the groups that come by. */
const EXPIRED_PER_STEP = 256;

export const answerRecords = (tx: GroupTransaction): AnswerRecords => ({
  find: (scope) =>
    tx
      .sql(
        `SELECT fingerprint, outcome FROM idempotency
          WHERE project = ? AND capability = ? AND queue_id = ? AND key = ? AND expires_at_ms > ?`,
      )
      .get(scope.project, scope.capability, scope.queueId, scope.key, tx.nowMs) as
      | RecordedAnswer
      | undefined,

  put: (scope: RecordScope, answer: RecordedAnswer) => {
    tx.sql(
      `INSERT OR REPLACE INTO idempotency
         (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      scope.project,
      scope.capability,
      scope.queueId,
      scope.key,
      answer.fingerprint,
      answer.outcome,
      tx.nowMs + scope.windowMs,
    );
  },
});

export function dropExpiredRecords(tx: GroupTransaction): void {
  tx.sql(
    `DELETE FROM dead_letter_jobs WHERE finished = 1 AND job_id IN (
       SELECT job_id FROM dead_letter_jobs WHERE started_at_ms < ?
        ORDER BY started_at_ms LIMIT ${EXPIRED_PER_STEP})`,
  ).run(tx.nowMs - JOB_KEPT_MS);
  tx.sql(
    `DELETE FROM idempotency WHERE (project, capability, queue_id, key) IN (
       SELECT project, capability, queue_id, key FROM idempotency
        WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ${EXPIRED_PER_STEP})`,
  ).run(tx.nowMs);
}
