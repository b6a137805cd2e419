import type { DeadLetterAction } from './commands.js';
import { STATE } from './message-state.js';
import { redriveMessage, removeMessage } from './moves.js';
import type { MessageEntry, MessageTransaction, QueueEntry } from './transaction.js';

/** Messages that one step of a job looks at. */
export const JOB_STEP_MESSAGES = 500;

/** A dead letter with its place among those of its source. */
export interface DeadLetterEntry extends MessageEntry {
  readonly deadLetteredAtMs: number;
  readonly seq: number;
}

/** A job as it stands between two steps. */
export interface DeadLetterJob {
  readonly action: DeadLetterAction;
  readonly boundSeq: number;
  readonly atMs: number;
  readonly atSeq: number;
  readonly maxMessages: number | null;
  readonly done: number;
}

export interface JobStep {
  readonly atMs: number;
  readonly atSeq: number;
  readonly done: number;
  readonly finished: boolean;
}

/**
 * One step of a redrive or purge over the dead letters of `source` that come next, in the order in
 * which they became dead letters. Those that a consumer of the dead-letter queue holds are skipped.
 *
 * @param next at most JOB_STEP_MESSAGES of them, locked
 */
export function stepDeadLetters(
  tx: MessageTransaction,
  source: QueueEntry,
  job: DeadLetterJob,
  next: readonly DeadLetterEntry[],
): JobStep {
  const max = job.maxMessages ?? Number.POSITIVE_INFINITY;
  let { atMs, atSeq, done } = job;
  for (const message of next) {
    if (done >= max) break;
    // An entry changes as it moves; its place is where it was found.
    ({ deadLetteredAtMs: atMs, seq: atSeq } = message);
    if (applyToDeadLetter(tx, source, job.action, message)) done += 1;
  }
  const finished = next.length < JOB_STEP_MESSAGES || done >= max;
  return { atMs, atSeq, done, finished };
}

/** @returns false where the message is held, or lies in a bucket that was discarded. */
export function applyToDeadLetter(
  tx: MessageTransaction,
  source: QueueEntry,
  action: DeadLetterAction,
  message: MessageEntry,
): boolean {
  if (message.state === STATE.leased) return false;
  const holder = tx.queueByBucket(message.bucketId);
  if (holder === undefined && message.bucketId !== source.deadBucketId) return false;
  if (action === 'redrive') redriveMessage(tx, source, holder, message);
  else removeMessage(tx, holder ?? source, message);
  return true;
}
