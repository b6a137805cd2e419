import { type TooLarge, tooLarge } from '../../../core/engine/commit-group-share.js';
import { rowIdOf } from '../../../core/ids.js';
import type {
  ConsumeCommand,
  LeasedMessage,
  OutcomeOf,
  StoredMessage,
} from '../../../core/queue/commands.js';
import { STATE } from '../../../core/queue/message-state.js';
import { checkHolder } from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import {
  EXPIRED_PER_CONSUME,
  isPastRetention,
  removeMessage,
} from '../../../core/queue/transitions.js';
import type { Refusal } from '../../../core/refusal.js';
import { answerBytes } from '../../../core/store/answer-size.js';
import { leasedMessage, type MessageRow, STORED_COLUMNS } from '../driver/rows.js';
import type { Values } from '../driver/statements.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

interface ReadyRow extends StoredMessage {
  readonly id: number;
  readonly bytes: number;
  readonly firstAvailableAtMs: number;
  readonly seq: number;
  readonly groupKey: string | null;
  readonly nacks: number;
}

const READY = `SELECT m.id, m.first_available_at_ms, m.bytes, m.seq, m.group_key, m.nacks,
    m.message_id, b.payload, b.headers, m.priority, m.group_id, m.deduplication_id,
    m.enqueued_at_ms, m.delivery_count, m.source_queue, m.dead_lettered_at_ms,
    m.dead_letter_reason, m.last_error
  FROM messages m JOIN bodies b ON b.id = m.id`;

/** @param values of READY */
const readyRow = (values: Values | undefined): ReadyRow | undefined =>
  values === undefined
    ? undefined
    : ({
        id: values[0],
        firstAvailableAtMs: values[1],
        bytes: values[2],
        seq: values[3],
        groupKey: values[4],
        nacks: values[5],
        messageId: values[6],
        payload: values[7],
        headers: values[8],
        priority: values[9],
        groupId: values[10],
        deduplicationId: values[11],
        enqueuedAtMs: values[12],
        deliveryCount: values[13],
        sourceQueue: values[14],
        deadLetteredAtMs: values[15],
        deadLetterReason: values[16],
        lastError: values[17],
      } as ReadyRow);

const HEAD_OF_ALL = `${READY} WHERE m.bucket_id = ? AND m.state = 0 ORDER BY m.rank DESC, m.seq LIMIT 1`;

const AFTER_IN_GROUP = `${READY} WHERE m.bucket_id = ? AND m.group_key = ? AND m.seq > ?
  ORDER BY m.seq LIMIT 1`;

const LEASE = `UPDATE messages SET state = ${STATE.leased}, due_at_ms = ?, leased_at_ms = ?,
  receipt = ?, leased_by = ?, lease_end = NULL, delivery_count = delivery_count + 1 WHERE id = ?`;

export function consume(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: ConsumeCommand,
): OutcomeOf['consume'] | Refusal {
  const refusal = checkHolder(queue, command.keyId, (id) => tx.pushPolicy(id));
  if (refusal !== undefined) return refusal;
  const next =
    queue.type === 'fifo'
      ? nextOfMessageGroups(tx, queue, command.onePerMessageGroup ?? false)
      : nextOfAll(tx, queue);
  const share = tx.share.leftFor(command);
  if (share === undefined) return { messages: [], crowded: true };
  const lease = tx.sql(LEASE);
  const leaseExpiresAtMs =
    tx.nowMs + (command.visibilityTimeoutMs ?? queue.visibilityTimeoutDefaultMs);
  const messages: LeasedMessage[] = [];
  let bytes = 0;
  let expired = 0;
  let wasTaken = true;
  let left: TooLarge | undefined;
  let isCut = share.maxMessages < command.maxMessages;
  while (messages.length < share.maxMessages) {
    const row = next(wasTaken);
    if (row === undefined) break;
    if (isPastRetention(queue, row, tx.nowMs)) {
      removeMessage(tx, queue, tx.find(queue, row.messageId) as MessageRow);
      wasTaken = false;
      expired += 1;
      if (expired === EXPIRED_PER_CONSUME) break;
      continue;
    }
    const messageBytes = answerBytes(row.bytes, row);
    if (bytes + messageBytes > share.maxBytes && (messages.length > 0 || command.strict)) {
      if (messages.length === 0) left = tooLarge(command, messageBytes);
      isCut = true;
      break;
    }
    bytes += messageBytes;
    wasTaken = true;
    const receipt = `${command.receiptPrefix}.${messages.length}`;
    if (row.groupKey !== null) tx.touchMessageGroup(queue, row.groupKey);
    lease.run(leaseExpiresAtMs, tx.nowMs, receipt, command.keyId ?? null, row.id);
    const deliveryCount = row.deliveryCount + 1;
    messages.push(leasedMessage(row, { deliveryCount, receipt, leaseExpiresAtMs }));
  }
  if (messages.length > 0) {
    tx.count(queue, 'available', -messages.length, 0);
    tx.count(queue, 'leased', messages.length, 0);
    tx.tally(queue, 'delivered', messages.length);
    tx.share.took(command, messages.length, bytes);
  }
  if (left !== undefined) return { messages, ...left };
  isCut ||= expired === EXPIRED_PER_CONSUME;
  return isCut ? { messages, cutShort: true } : { messages };
}

/** The head of what is available, each time: what was taken is available no more. */
function nextOfAll(tx: SqliteTransaction, { bucketId }: QueueEntry): () => ReadyRow | undefined {
  const head = tx.rows(HEAD_OF_ALL);
  return () => readyRow(head.get(bucketId));
}

/**
 * Message after message of the message group whose turn it is, then of the next one. Where the message
 * before was not taken but removed, it may be another message group's turn now.
 */
function nextOfMessageGroups(
  tx: SqliteTransaction,
  queue: QueueEntry,
  onePerMessageGroup: boolean,
): (wasTaken: boolean) => ReadyRow | undefined {
  const after = tx.rows(AFTER_IN_GROUP);
  let groupKey: string | undefined;
  let lastSeq = 0;
  let hasBegun = false;
  return (wasTaken) => {
    hasBegun = groupKey !== undefined && (hasBegun || wasTaken);
    if (!hasBegun || onePerMessageGroup) groupKey = undefined;
    for (;;) {
      if (groupKey === undefined) {
        const group = tx.messageGroups.next(queue);
        if (group === undefined) return undefined;
        groupKey = group.groupKey;
        lastSeq = group.headSeq - 1;
        hasBegun = false;
      }
      const row = readyRow(after.get(queue.bucketId, groupKey, lastSeq));
      if (row !== undefined) {
        lastSeq = row.seq;
        return row;
      }
      groupKey = undefined;
    }
  };
}

const HELD = `FROM messages m JOIN bodies b ON b.id = m.id
  WHERE m.id = ? AND m.bucket_id = ? AND m.state = ${STATE.leased} AND m.receipt = ?`;

/** See `ReplayLookups`. */
export function stillHeld(
  tx: SqliteTransaction,
  queue: QueueEntry,
  { maxBytes, strict }: ConsumeCommand,
  given: readonly { messageId: string; receipt: string }[],
): LeasedMessage[] | { needsBytes: number } {
  const held = tx.sql(`SELECT ${STORED_COLUMNS}, m.bytes, m.due_at_ms AS leaseExpiresAtMs ${HELD}`);
  const messages: LeasedMessage[] = [];
  let bytes = 0;
  for (const { messageId, receipt } of given) {
    const row = held.get(rowIdOf(messageId), queue.bucketId, receipt) as HeldRow | undefined;
    if (row === undefined) continue;
    bytes += answerBytes(row.bytes, row);
    // What is over is only counted.
    if (strict && bytes > maxBytes) continue;
    const { deliveryCount, leaseExpiresAtMs } = row;
    messages.push(leasedMessage(row, { deliveryCount, receipt, leaseExpiresAtMs }));
  }
  return strict && bytes > maxBytes ? { needsBytes: bytes } : messages;
}

type HeldRow = LeasedMessage & { readonly bytes: number };
