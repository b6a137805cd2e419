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
import type { Parameter } from '../driver/parameters.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../reads/rows.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { lockedMessageGroups } from '../transaction/message-group-locks.js';
import { NEXT_SEQ } from '../transaction/message-seqs.js';
import { loadQueueById, loadQueuesByBucket } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';

type DeadRow = MessageRow & DeadLetterEntry;
type JobRow = DeadLetterJob & { readonly queueId: number; readonly finished: boolean };

export async function startDeadLetterJob(
  run: CommitGroup,
  queue: QueueEntry,
  command: DeadLetterJobCommand,
): Promise<OutcomeOf['deadLetterJob']> {
  const { tx } = run;
  if (command.messageId !== null) {
    const done = (await onOne(run, queue, command, command.messageId)) ? 1 : 0;
    return { jobId: null, done, finished: true };
  }
  const jobId = await beginOrJoin(tx, queue, command);
  const progress = await stepJob(run, jobId);
  const isJoined = jobId !== command.jobId;
  if (isJoined || !isForgotten(command, progress)) return { jobId, ...progress };
  tx.pipeline.send('DELETE FROM millrace.dead_letter_jobs WHERE job_id = $1', [jobId]);
  return { jobId: null, ...progress };
}

/** Begins a job, or joins the unfinished one of an equal call, which another node may be beginning. */
async function beginOrJoin(
  tx: PostgresTransaction,
  queue: QueueEntry,
  command: DeadLetterJobCommand,
): Promise<string> {
  const { jobId, action, maxMessages } = command;
  const sinceMs = sinceOf(command);
  for (;;) {
    const begun = await tx.pipeline.query(
      `INSERT INTO millrace.dead_letter_jobs
         (job_id, queue_id, action, bound_seq, since_ms, at_ms, at_seq, max_messages, started_at_ms)
       VALUES ($1, $2, $3, ${NEXT_SEQ}, $4, $4, 0, $5, $6) ON CONFLICT DO NOTHING RETURNING 1`,
      [jobId, queue.id, action, sinceMs, maxMessages, tx.nowMs],
    );
    if (begun.length > 0) return jobId;
    const [underWay] = await tx.pipeline.query<{ jobId: string }>(
      `SELECT job_id AS "jobId" FROM millrace.dead_letter_jobs
        WHERE queue_id = $1 AND action = $2 AND since_ms = $3
          AND coalesce(max_messages, -1) = $4 AND NOT finished`,
      [queue.id, action, sinceMs, maxMessages ?? -1],
    );
    // If the job was finished between the two statements, a new one can be inserted.
    if (underWay !== undefined) return underWay.jobId;
  }
}

async function onOne(
  run: CommitGroup,
  queue: QueueEntry,
  { action }: DeadLetterJobCommand,
  messageId: string,
): Promise<boolean> {
  if (rowIdOf(messageId) === undefined) return false;
  const { tx } = run;
  // The counters name the buckets, including those of dead letters made by this commit group.
  tx.flushCounters();
  // Looked up by key in each bucket that may contain it: the built-in dead-letter queue and other
  // queues.
  const which = `m.message_id = $2 AND m.source_queue_id = $1
    AND m.bucket_id IN (SELECT c.bucket_id FROM millrace.dead_counters c
                         WHERE c.source_queue_id = $1)`;
  const rows = await lockDead(tx, which, [queue.id, messageId]);
  const [message] = await known(run, rows);
  const applied =
    message !== undefined &&
    message.sourceQueueId === queue.id &&
    applyToDeadLetter(tx, queue, action, message);
  await tx.flushMessages();
  return applied;
}

/** Runs one step. A finished job stays as it is; a job whose queue was deleted is finished. */
export async function stepJob(run: CommitGroup, jobId: string): Promise<JobProgress> {
  const { tx } = run;
  // The lock makes nodes that step the same job take turns.
  const [job] = await tx.pipeline.query<JobRow>(
    `SELECT queue_id AS "queueId", action, bound_seq AS "boundSeq", at_ms AS "atMs",
       at_seq AS "atSeq", at_id AS "atId", max_messages AS "maxMessages", done, finished
       FROM millrace.dead_letter_jobs WHERE job_id = $1 FOR UPDATE`,
    [jobId],
  );
  if (job === undefined || job.finished) return { done: job?.done ?? 0, finished: true };
  const source = tx.queueById(job.queueId) ?? (await loadQueueById(tx, job.queueId));
  if (source === undefined) {
    tx.pipeline.send('UPDATE millrace.dead_letter_jobs SET finished = true WHERE job_id = $1', [
      jobId,
    ]);
    return { done: job.done, finished: true };
  }
  const which = `m.source_queue_id = $1
      AND (m.dead_lettered_at_ms, m.seq, m.message_id) > ($2, $3, $4) AND m.seq <= $5
    ORDER BY m.dead_lettered_at_ms, m.seq, m.message_id LIMIT $6`;
  const { atMs, atSeq, atId, boundSeq } = job;
  const position = [source.id, atMs, atSeq, atId, boundSeq, stepLimit(job)];
  const rows = await lockDead(tx, which, position);
  const step = stepDeadLetters(tx, source, job, await known(run, rows));
  await tx.flushMessages();
  tx.pipeline.send(
    `UPDATE millrace.dead_letter_jobs SET at_ms = $2, at_seq = $3, at_id = $4, done = $5,
       finished = $6 WHERE job_id = $1`,
    [jobId, step.atMs, step.atSeq, step.atId, step.done, step.finished],
  );
  return { done: step.done, finished: step.finished };
}

/** Dead letters may be ordinary messages in a FIFO queue, whose message groups are locked first. */
function lockDead(
  { pipeline }: PostgresTransaction,
  which: string,
  values: readonly Parameter[],
): Promise<DeadRow[]> {
  pipeline.send(
    lockedMessageGroups(
      '1',
      `SELECT m.bucket_id, m.group_key FROM millrace.messages m WHERE ${which}`,
    ),
    values,
  );
  return pipeline.query<DeadRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m WHERE ${which} FOR UPDATE`,
    values,
  );
}

async function known(run: CommitGroup, rows: readonly DeadRow[]): Promise<DeadRow[]> {
  await loadQueuesByBucket(
    run.tx,
    rows.map(({ bucketId }) => bucketId),
  );
  // Messages read earlier in the commit group may be older than these rows.
  run.tx.forgetMessages();
  return run.tx.addMessages(rows) as DeadRow[];
}
