import type { ConsumeCommand, LeasedMessage, OutcomeOf } from '../../../core/commands/commands.js';
import { rowIdOf } from '../../../core/ids.js';
import { CROWDED, leasesFor, type ReadyMessage } from '../../../core/queue/leases.js';
import {
  STORED_FIELDS,
  storedMessage,
  storedMessageOf,
  withLease,
} from '../../../core/queue/message-fields.js';
import { STATE } from '../../../core/queue/message-state.js';
import { checkHolder } from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { leaseRanOut } from '../../../core/queue/settling.js';
import {
  EXPIRED_PER_CONSUME,
  expireMessage,
  isPastRetention,
} from '../../../core/queue/transitions.js';
import type { Refusal } from '../../../core/refusal.js';
import { answerBytes } from '../../../core/store/answer-size.js';
import { type MessageRow, STORED_COLUMNS } from '../driver/rows.js';
import type { Values } from '../driver/statements.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

interface ReadyRow extends ReadyMessage {
  readonly id: number;
  readonly firstAvailableAtMs: number;
  readonly seq: number;
}

const READY = `SELECT ${STORED_COLUMNS}, m.id, m.first_available_at_ms, m.bytes, m.seq, m.group_key, m.nacks
  FROM messages m JOIN bodies b ON b.id = m.id`;

const STORED = STORED_FIELDS.length;

/** @param values of READY */
function readyRow(values: Values | undefined): ReadyRow | undefined {
  if (values === undefined) return undefined;
  return {
    message: storedMessageOf(values),
    id: values[STORED] as number,
    firstAvailableAtMs: values[STORED + 1] as number,
    bytes: values[STORED + 2] as number,
    seq: values[STORED + 3] as number,
    groupKey: values[STORED + 4] as string | null,
    nacks: values[STORED + 5] as number,
  };
}

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
  const leases = leasesFor(tx, queue, command, tx.nowMs);
  if (leases === undefined) return CROWDED;
  const next =
    queue.type === 'fifo'
      ? nextOfMessageGroups(tx, queue, command.onePerMessageGroup ?? false)
      : nextOfAll(tx, queue);
  const lease = tx.sql(LEASE);
  let expired = 0;
  let wasTaken = true;
  while (leases.wantsMore && expired < EXPIRED_PER_CONSUME) {
    const row = next(wasTaken);
    if (row === undefined) break;
    const { messageId } = row.message;
    wasTaken = !isPastRetention(queue, row, tx.nowMs);
    if (!wasTaken) {
      expireMessage(tx, queue, tx.find(queue, messageId) as MessageRow);
      expired += 1;
      continue;
    }
    const leased = leases.take(row);
    if (leased === undefined) break;
    lease.run(leased.leaseExpiresAtMs, tx.nowMs, leased.receipt, command.keyId ?? null, row.id);
  }
  return leases.outcome(expired === EXPIRED_PER_CONSUME);
}

/** The first available message each time, because a message that was taken is no longer available. */
function nextOfAll(tx: SqliteTransaction, { bucketId }: QueueEntry): () => ReadyRow | undefined {
  const head = tx.rows(HEAD_OF_ALL);
  return () => readyRow(head.get(bucketId));
}

/**
 * Returns the messages of the message group whose turn it is, one after another, then those of the next
 * message group. If the previous message was removed instead of taken, it may be the turn of another
 * message group.
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
  const held = tx.sql(
    `SELECT ${STORED_COLUMNS}, m.nacks, m.bytes, m.due_at_ms AS leaseExpiresAtMs ${HELD}`,
  );
  const messages: LeasedMessage[] = [];
  let bytes = 0;
  for (const { messageId, receipt } of given) {
    const row = held.get(rowIdOf(messageId), queue.bucketId, receipt) as HeldRow | undefined;
    // A lease that has run out may wait to be settled.
    if (row === undefined) continue;
    if (leaseRanOut(tx, { state: STATE.leased, dueAtMs: row.leaseExpiresAtMs })) continue;
    bytes += answerBytes(row.bytes, row);
    // Beyond the limit, only the bytes are added up.
    if (strict && bytes > maxBytes) continue;
    messages.push(withLease(storedMessage(row), { ...row, receipt }));
  }
  return strict && bytes > maxBytes ? { needsBytes: bytes } : messages;
}

type HeldRow = LeasedMessage & { readonly bytes: number };
