import { ownRowId } from '../../../core/ids.js';
import { checkPublishRoom } from '../../../core/limits/admission.js';
import type { NewMessage, OutcomeOf, PublishCommand } from '../../../core/queue/commands.js';
import { checkFifoPublish, deduplicate, groupKeyOf } from '../../../core/queue/fifo.js';
import { bytesOf } from '../../../core/queue/message-bytes.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import type { Refusal } from '../../../core/refusal.js';
import { deduplications } from '../transaction/deduplications.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

export function publish(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: PublishCommand,
): OutcomeOf['publish'] | Refusal {
  const refusal = checkFifoPublish(queue, command);
  if (refusal !== undefined) return refusal;
  const deduplicated = deduplicate(queue, command, deduplications(tx));
  const { fresh, messageIds, remember } = deduplicated;
  const full = checkPublishRoom(tx.room, command, () => tx.usageOfQueue(queue), deduplicated);
  if (full !== undefined) return full;
  for (const message of fresh) insertMessage(tx, queue, message);
  remember();
  tx.tally(queue, 'published', fresh.length);
  return { messageIds };
}

function insertMessage(tx: SqliteTransaction, queue: QueueEntry, message: NewMessage): void {
  const id = ownRowId(message.messageId);
  if (id === undefined) throw new Error(`"${message.messageId}" is no message id of ours`);
  const delayed = message.delayMs > 0;
  const bytes = bytesOf(message);
  const groupKey = groupKeyOf(queue, message.groupId);
  const seq = tx.nextSeq();
  tx.inserts.add({
    id,
    bucketId: queue.bucketId,
    seq,
    rank: queue.enablePriority ? message.priority : 0,
    messageId: message.messageId,
    priority: message.priority,
    bytes,
    enqueuedAtMs: tx.nowMs,
    dueAtMs: delayed ? tx.nowMs + message.delayMs : null,
    groupId: message.groupId,
    groupKey,
    deduplicationId: message.deduplicationId,
    payload: message.payload,
    headers: message.headers,
  });
  tx.count(queue, delayed ? 'delayed' : 'available', 1, bytes);
  if (groupKey !== null) tx.messageGroups.append(queue, groupKey, seq);
  else if (!delayed) tx.markReady(queue, 1);
}
