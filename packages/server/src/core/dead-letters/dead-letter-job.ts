import type { DeadLetterJobCommand, JobProgress } from '../commands/commands.js';
import type { DeadLetterAction } from '../queue/message-state.js';
import { STATE } from '../queue/message-state.js';
import type { QueueEntry } from '../queue/queue-entry.js';
import type { MessageEntry, MessageTransaction } from '../queue/transaction.js';
import { redriveMessage, removeMessage } from '../queue/transitions.js';

/** The longest window that can be configured for idempotency keys, plus a day. */
export const JOB_KEPT_MS = 31 * 86_400_000;

/** How many messages one step of a job looks at. */
const STEP_MESSAGES = 500;
/** Messages that consumers have leased are skipped; with this many to spare, one step mostly suffices. */
const SKIPPED_AT_ONCE = 20;

/** A dead letter with its position in the order of its source's dead letters. */
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
  /** The id of the last message, in case two have the same position; not needed with one writer. */
  readonly atId?: string;
  readonly maxMessages: number | null;
  readonly done: number;
}

/** How many messages a step looks at; it locks no others. */
export const stepLimit = ({ maxMessages, done }: DeadLetterJob): number =>
  maxMessages === null
    ? STEP_MESSAGES
    : Math.min(STEP_MESSAGES, 2 * (maxMessages - done) + SKIPPED_AT_ONCE);

/** Distinguishes a job from others of its queue and action: the same call joins an unfinished job. */
export const sinceOf = ({ sinceMs }: DeadLetterJobCommand): number => sinceMs ?? 0;

/** A job that one step finished is not stored: without an idempotency key, nobody asks for it again. */
export const isForgotten = (
  { idempotency }: DeadLetterJobCommand,
  { finished }: JobProgress,
): boolean => finished && idempotency === null;

export interface JobStep {
  readonly atMs: number;
  readonly atSeq: number;
  readonly atId: string | undefined;
  readonly done: number;
  readonly finished: boolean;
}

/**
 * One step of a redrive or purge over the next dead letters of `source`, in the order in which they
 * became dead letters. Those that a consumer of the dead-letter queue has leased are skipped.
 *
 * @param next at most `stepLimit` dead letters, locked
 */
export function stepDeadLetters(
  tx: MessageTransaction,
  source: QueueEntry,
  job: DeadLetterJob,
  next: readonly DeadLetterEntry[],
): JobStep {
  const max = job.maxMessages ?? Number.POSITIVE_INFINITY;
  let { atMs, atSeq, atId, done } = job;
  for (const message of next) {
    if (done >= max) break;
    // Moving an entry changes it; the job's position is where the entry was found.
    ({ deadLetteredAtMs: atMs, seq: atSeq, messageId: atId } = message);
    if (applyToDeadLetter(tx, source, job.action, message)) done += 1;
  }
  const finished = next.length < stepLimit(job) || done >= max;
  return { atMs, atSeq, atId, done, finished };
}

/** @returns false if the message is leased, or is in a bucket that was discarded. */
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
