import { rowIdOf } from '../../core/ids.js';
import {
  type AfterFailure,
  type DeadLetterReason,
  type LeaseEnd,
  STATE,
} from '../../core/message-state.js';
import { MESSAGE_COLUMNS, type MessageEntry, type QueueEntry } from './rows.js';
import type { GroupTransaction } from './transaction.js';

/** The moves of one message that several commands share. Each keeps the counters true. */

export function findMessage(
  tx: GroupTransaction,
  queue: QueueEntry,
  messageId: string,
): MessageEntry | undefined {
  const id = rowIdOf(messageId);
  if (id === undefined) return undefined;
  return tx
    .sql(
      `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ? AND message_id = ? AND bucket_id = ?`,
    )
    .get(id, messageId, queue.bucketId) as MessageEntry | undefined;
}

export function removeMessage(
  tx: GroupTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  tx.sql('DELETE FROM messages WHERE id = ?').run(message.id);
  tx.sql('DELETE FROM bodies WHERE id = ?').run(message.id);
  countState(tx, queue.id, message, -1);
  if (message.sourceQueueId !== null) tx.count(message.sourceQueueId, 'dead', -1);
}

/** Ends a lease with the message available again, in its old place, or after a delay. */
export function returnMessage(
  tx: GroupTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  end: { how: LeaseEnd; failures: number; delayMs: number; error: string | null },
): void {
  const delayed = end.delayMs > 0;
  tx.sql(
    `UPDATE messages SET state = ?, due_at_ms = ?, live_since_ms = ?, lease_end = ?, failures = ?,
       last_error = coalesce(?, last_error) WHERE id = ?`,
  ).run(
    delayed ? STATE.delayed : STATE.available,
    delayed ? tx.nowMs + end.delayMs : null,
    delayed ? null : message.firstAvailableAtMs,
    end.how,
    end.failures,
    end.error,
    message.id,
  );
  countState(tx, queue.id, message, -1);
  tx.count(queue.id, delayed ? 'delayed' : 'available', 1);
  if (!delayed) tx.markReady(queue, 1);
}

/** A delivery failed: the message is retried or becomes a dead letter. */
export function failMessage(
  tx: GroupTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  next: AfterFailure,
  error: string | null,
  how: LeaseEnd,
): void {
  const failures = message.failures + 1;
  if (next.kind === 'retry') {
    returnMessage(tx, queue, message, { how, failures, delayMs: next.delayMs, error });
  } else {
    deadLetter(tx, queue, message, next.reason, error);
  }
}

/**
 * Moves a message out of its queue: to the dead-letter queue, where it is an ordinary message at
 * the tail, or to the built-in one. It keeps its id and its body; its retries start anew.
 */
function deadLetter(
  tx: GroupTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  reason: DeadLetterReason,
  error: string | null,
): void {
  const target =
    queue.deadLetterQueueId === null ? undefined : tx.queueById(queue.deadLetterQueueId);
  tx.sql(
    `UPDATE messages SET bucket_id = ?, state = ?, seq = ?, rank = ?, due_at_ms = NULL,
       live_since_ms = ?, first_available_at_ms = ?, receipt = NULL, lease_end = NULL,
       leased_at_ms = NULL, failures = 0, source_queue_id = ?, source_queue = ?,
       dead_lettered_at_ms = ?, dead_letter_reason = ?, last_error = coalesce(?, last_error)
     WHERE id = ?`,
  ).run(
    target?.bucketId ?? queue.deadBucketId,
    target === undefined ? STATE.dead : STATE.available,
    tx.nextSeq(),
    target?.enablePriority ? message.priority : 0,
    target === undefined ? null : tx.nowMs,
    tx.nowMs,
    queue.id,
    queue.name,
    tx.nowMs,
    reason,
    error,
    message.id,
  );
  countState(tx, queue.id, message, -1);
  if (message.sourceQueueId !== null) tx.count(message.sourceQueueId, 'dead', -1);
  tx.count(queue.id, 'dead', 1);
  if (target !== undefined) {
    tx.count(target.id, 'available', 1);
    tx.markReady(target, 1);
  }
}

/** A delay is over. */
export function releaseDelayed(
  tx: GroupTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  tx.sql('UPDATE messages SET state = ?, due_at_ms = NULL, live_since_ms = ? WHERE id = ?').run(
    STATE.available,
    message.firstAvailableAtMs,
    message.id,
  );
  tx.count(queue.id, 'delayed', -1);
  tx.count(queue.id, 'available', 1);
  tx.markReady(queue, 1);
}

function countState(
  tx: GroupTransaction,
  queueId: number,
  message: MessageEntry,
  change: number,
): void {
  if (message.state === STATE.leased) tx.count(queueId, 'leased', change);
  else if (message.state === STATE.available) tx.count(queueId, 'available', change);
  else if (message.state === STATE.delayed) tx.count(queueId, 'delayed', change);
}
