import type { NewMessage, OutcomeOf, PublishCommand } from '../../../core/commands.js';
import { checkFifoPublish, deduplicate, groupKeyOf } from '../../../core/fifo.js';
import { ownRowId } from '../../../core/ids.js';
import { bytesOf, sum } from '../../../core/message-bytes.js';
import { STATE } from '../../../core/message-state.js';
import { type Refusal, refuse } from '../../../core/refusal.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { deduplications } from '../deduplication.js';
import type { GroupTransaction } from '../transaction.js';

export function publish(
  tx: GroupTransaction,
  queue: QueueEntry,
  command: PublishCommand,
): OutcomeOf['publish'] | Refusal {
  if (tx.storageFull) {
    return refuse('STORAGE_FULL', 'The disk has less free space than --min-free-bytes asks for.', {
      hint: 'Consume and ack messages, or give the server more space; then retry.',
    });
  }
  const refusal = checkFifoPublish(queue, command);
  if (refusal !== undefined) return refusal;
  const { fresh, messageIds, remember } = deduplicate(queue, command, deduplications(tx));
  const full = tx.checkStorage(queue, fresh.length, sum(fresh.map(bytesOf)));
  if (full !== undefined) return full;
  for (const message of fresh) insertMessage(tx, queue, message);
  remember();
  tx.tally(queue, 'published', fresh.length);
  return { messageIds };
}

function insertMessage(tx: GroupTransaction, queue: QueueEntry, message: NewMessage): void {
  const id = ownRowId(message.messageId);
  if (id === undefined) throw new Error(`"${message.messageId}" is no message id of ours`);
  const delayed = message.delayMs > 0;
  const availableAtMs = tx.nowMs + message.delayMs;
  const groupKey = groupKeyOf(queue, message.groupId);
  const seq = tx.nextSeq();
  tx.inserts.add({
    id,
    bucket_id: queue.bucketId,
    seq,
    rank: queue.enablePriority ? message.priority : 0,
    state: delayed ? STATE.delayed : STATE.available,
    message_id: message.messageId,
    priority: message.priority,
    bytes: bytesOf(message),
    enqueued_at_ms: tx.nowMs,
    first_available_at_ms: availableAtMs,
    live_since_ms: delayed ? null : availableAtMs,
    due_at_ms: delayed ? availableAtMs : null,
    group_id: message.groupId,
    group_key: groupKey,
    deduplication_id: message.deduplicationId,
    payload: message.payload,
    headers: message.headers,
  });
  tx.count(queue, delayed ? 'delayed' : 'available', 1, bytesOf(message));
  if (groupKey !== null) tx.groups.append(queue, groupKey, seq);
  else if (!delayed) tx.markReady(queue, 1);
}
