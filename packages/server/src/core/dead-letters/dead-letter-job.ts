import type { DeadLetterJobCommand, JobProgress } from '../queue/commands.js';
import type { DeadLetterAction } from '../queue/message-state.js';
import { STATE } from '../queue/message-state.js';
import type { QueueEntry } from '../queue/queue-entry.js';
import type { MessageEntry, MessageTransaction } from '../queue/transaction.js';
import { redriveMessage, removeMessage } from '../queue/transitions.js';

/** The longest window that idempotency keys can be given, and a day. */
export const JOB_KEPT_MS = 31 * 86_400_000;

/** Messages that one step of a job looks at. */
const STEP_MESSAGES = 500;
/** Some may be held by consumers and are skipped; with these to spare one step is mostly enough. */
const SKIPPED_AT_ONCE = 20;

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
  /** The id of the last message, where two may have one place; a store with one writer needs none. */
  readonly atId?: string;
  readonly maxMessages: number | null;
  readonly done: number;
}

/** What a step need not look at is not locked. */
export const stepLimit = ({ maxMessages, done }: DeadLetterJob): number =>
  maxMessages === null
    ? STEP_MESSAGES
    : Math.min(STEP_MESSAGES, 2 * (maxMessages - done) + SKIPPED_AT_ONCE);

/** What tells a job from others of its queue and action: the same call joins one that is not finished. */
export const sinceOf = ({ sinceMs }: DeadLetterJobCommand): number => sinceMs ?? 0;

/** A job that one step was enough for leaves nothing behind: without a key, nobody asks for it again. */
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
 * One step of a redrive or purge over the dead letters of `source` that come next, in the order in
 * which they became dead letters. Those that a consumer of the dead-letter queue holds are skipped.
 *
 * @param next at most `stepLimit` of them, locked
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
    // An entry changes as it moves; its place is where it was found.
    ({ deadLetteredAtMs: atMs, seq: atSeq, messageId: atId } = message);
    if (applyToDeadLetter(tx, source, job.action, message)) done += 1;
  }
  const finished = next.length < stepLimit(job) || done >= max;
  return { atMs, atSeq, atId, done, finished };
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
