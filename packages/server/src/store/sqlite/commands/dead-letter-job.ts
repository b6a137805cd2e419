import type {
  DeadLetterJobCommand,
  JobProgress,
  OutcomeOf,
} from '../../../core/commands/commands.js';
import {
  applyToDeadLetter,
  type DeadLetterEntry,
  type DeadLetterJob,
  isForgotten,
  sinceOf,
  stepDeadLetters,
  stepLimit,
} from '../../../core/dead-letters/dead-letter-job.js';
import { rowIdOf } from '../../../core/ids.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { MESSAGE_COLUMNS, type MessageRow, messageRow } from '../driver/rows.js';
import type { Values } from '../driver/statements.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

const deadLetterEntry = (values: Values): DeadLetterEntry =>
  messageRow(values) as MessageRow & DeadLetterEntry;

type JobRow = DeadLetterJob & { readonly queueId: number; readonly finished: number };

export function startDeadLetterJob(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: DeadLetterJobCommand,
): OutcomeOf['deadLetterJob'] {
  if (command.messageId !== null) {
    const done = onOne(tx, queue, command, command.messageId) ? 1 : 0;
    return { jobId: null, done, finished: true };
  }
  const underWay = findUnderWay(tx, queue, command);
  if (underWay !== undefined) return { jobId: underWay, ...stepJob(tx, underWay) };
  const { jobId, action, maxMessages } = command;
  const sinceMs = sinceOf(command);
  tx.sql(
    `INSERT INTO dead_letter_jobs
       (job_id, queue_id, action, bound_seq, since_ms, at_ms, at_seq, max_messages, started_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)`,
  ).run(jobId, queue.id, action, tx.nextSeq(), sinceMs, sinceMs, maxMessages, tx.nowMs);
  const progress = stepJob(tx, jobId);
  if (!isForgotten(command, progress)) return { jobId, ...progress };
  tx.sql('DELETE FROM dead_letter_jobs WHERE job_id = ?').run(jobId);
  return { jobId: null, ...progress };
}

/** The unfinished job of an equal call, if there is one. */
function findUnderWay(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: DeadLetterJobCommand,
): string | undefined {
  const row = tx
    .sql(
      `SELECT job_id AS jobId FROM dead_letter_jobs
        WHERE queue_id = ? AND action = ? AND since_ms = ? AND ifnull(max_messages, -1) = ?
          AND finished = 0`,
    )
    .get(queue.id, command.action, sinceOf(command), command.maxMessages ?? -1);
  return (row as { jobId: string } | undefined)?.jobId;
}

function onOne(
  tx: SqliteTransaction,
  queue: QueueEntry,
  { action }: DeadLetterJobCommand,
  messageId: string,
): boolean {
  const id = rowIdOf(messageId);
  if (id === undefined) return false;
  const values = tx
    .rows(
      `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ? AND message_id = ? AND source_queue_id = ?`,
    )
    .get(id, messageId, queue.id);
  return values !== undefined && applyToDeadLetter(tx, queue, action, deadLetterEntry(values));
}

/** Runs one step. A finished job stays as it is; a job whose queue was deleted is finished. */
export function stepJob(tx: SqliteTransaction, jobId: string): JobProgress {
  const job = tx
    .sql(
      `SELECT queue_id AS queueId, action, bound_seq AS boundSeq, at_ms AS atMs, at_seq AS atSeq,
         max_messages AS maxMessages, done, finished FROM dead_letter_jobs WHERE job_id = ?`,
    )
    .get(jobId) as JobRow | undefined;
  if (job === undefined || job.finished !== 0) return { done: job?.done ?? 0, finished: true };
  const source = tx.queueById(job.queueId);
  if (source === undefined) {
    tx.sql('UPDATE dead_letter_jobs SET finished = 1 WHERE job_id = ?').run(jobId);
    return { done: job.done, finished: true };
  }
  const next = tx
    .rows(
      `SELECT ${MESSAGE_COLUMNS} FROM messages
        WHERE source_queue_id = ? AND (dead_lettered_at_ms, seq) > (?, ?) AND seq <= ?
        ORDER BY dead_lettered_at_ms, seq LIMIT ?`,
    )
    .all(source.id, job.atMs, job.atSeq, job.boundSeq, stepLimit(job))
    .map(deadLetterEntry);
  const step = stepDeadLetters(tx, source, job, next);
  tx.sql(
    'UPDATE dead_letter_jobs SET at_ms = ?, at_seq = ?, done = ?, finished = ? WHERE job_id = ?',
  ).run(step.atMs, step.atSeq, step.done, step.finished ? 1 : 0, jobId);
  return { done: step.done, finished: step.finished };
}
