import { answerBytes } from '../../../core/answer-size.js';
import type {
  ConsumeCommand,
  LeasedMessage,
  Outcome,
  StoredMessage,
} from '../../../core/commands.js';
import { STATE } from '../../../core/message-state.js';
import { isPastRetention, removeMessage } from '../../../core/moves.js';
import { queueNotFound } from '../../../core/refusal.js';
import { withIdempotency } from '../../../core/replay.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { accept, type GroupRun } from '../group-run.js';
import { MESSAGE_COLUMNS, type MessageRow, STORED_COLUMNS, storedMessage } from '../rows.js';

type ReadyRow = MessageRow & StoredMessage;

/** Looks again behind heads that were past their retention, so often at most. */
const EXPIRED_ROUNDS = 100;

interface Lease {
  readonly bucketId: number;
  readonly message: LeasedMessage;
  readonly keyId: string | null;
}

/**
 * All consumes of a group: the heads of their queues are locked in one statement, shared out in
 * the commands' order, and leased in a second one, which also brings the payloads.
 */
export async function runConsumes(
  run: GroupRun,
  commands: readonly ConsumeCommand[],
): Promise<Outcome[]> {
  let ready = await lockHeads(run, commands);
  for (let round = 0; dropExpired(run, ready) && round < EXPIRED_ROUNDS; round += 1) {
    ready = await lockHeads(run, commands);
  }
  const leases: Lease[] = [];
  const outcomes = commands.map((command): Outcome => {
    const queue = run.tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () => {
      const messages = take(run, queue, command, ready.get(queue.bucketId) ?? []);
      for (const message of messages) {
        leases.push({ bucketId: queue.bucketId, message, keyId: command.keyId ?? null });
        run.held.set(message.messageId, message);
      }
      return accept<'consume'>({ messages });
    });
  });
  if (leases.length > 0) await lease(run, leases);
  return outcomes;
}

async function lockHeads(
  { tx }: GroupRun,
  commands: readonly ConsumeCommand[],
): Promise<Map<number, ReadyRow[]>> {
  const wanted = new Map<number, number>();
  for (const { project, queue: name, maxMessages } of commands) {
    const queue = tx.queue(project, name);
    if (queue === undefined) continue;
    wanted.set(queue.bucketId, (wanted.get(queue.bucketId) ?? 0) + maxMessages);
  }
  const ready = new Map<number, ReadyRow[]>();
  if (wanted.size === 0) return ready;
  const rows = await tx.pipeline.query<ReadyRow>(
    `SELECT h.* FROM unnest($1::bigint[], $2::bigint[]) AS w(bucket_id, wanted)
      CROSS JOIN LATERAL (
        SELECT ${MESSAGE_COLUMNS}, ${STORED_COLUMNS}
          FROM millrace.messages m WHERE m.bucket_id = w.bucket_id AND m.state = 0
         ORDER BY m.rank DESC, m.seq LIMIT w.wanted FOR UPDATE SKIP LOCKED) AS h`,
    [[...wanted.keys()], [...wanted.values()]],
  );
  for (const row of rows) {
    const list = ready.get(row.bucketId);
    if (list === undefined) ready.set(row.bucketId, [row]);
    else list.push(row);
  }
  return ready;
}

/** Removes those past their retention. @returns whether there were any, so that more may follow */
function dropExpired({ tx }: GroupRun, ready: ReadonlyMap<number, ReadyRow[]>): boolean {
  let dropped = false;
  for (const [bucketId, rows] of ready) {
    const queue = tx.queueByBucket(bucketId) as QueueEntry;
    const expired = rows.filter((row) => isPastRetention(queue, row, tx.nowMs));
    for (const message of tx.addMessages(expired)) removeMessage(tx, queue, message);
    dropped ||= expired.length > 0;
  }
  if (dropped) tx.flushMessages();
  return dropped;
}

/** Takes one command's share off the head of what is ready. */
function take(
  { tx }: GroupRun,
  queue: QueueEntry,
  command: ConsumeCommand,
  ready: ReadyRow[],
): LeasedMessage[] {
  const leaseExpiresAtMs =
    tx.nowMs + (command.visibilityTimeoutMs ?? queue.visibilityTimeoutDefaultMs);
  const messages: LeasedMessage[] = [];
  let bytes = 0;
  while (messages.length < command.maxMessages && ready.length > 0) {
    const next = ready[0] as ReadyRow;
    bytes += answerBytes(next.bytes, next);
    if (messages.length > 0 && bytes > command.maxBytes) break;
    const row = ready.shift() as ReadyRow;
    messages.push({
      ...storedMessage(row),
      deliveryCount: row.deliveryCount + 1,
      receipt: `${command.receiptPrefix}.${messages.length}`,
      leaseExpiresAtMs,
    });
  }
  if (messages.length > 0) {
    tx.count(queue, 'available', -messages.length, 0);
    tx.count(queue, 'leased', messages.length, 0);
    tx.tally(queue, 'delivered', messages.length);
    tx.noteDue(leaseExpiresAtMs);
  }
  return messages;
}

/** Writes the leases and fills in the payloads of the messages that were handed out. */
async function lease({ tx }: GroupRun, leases: readonly Lease[]): Promise<void> {
  const rows = await tx.pipeline.query<{ messageId: string; payload: string }>(
    `UPDATE millrace.messages m SET state = ${STATE.leased}, due_at_ms = u.due, leased_at_ms = $5,
       receipt = u.receipt, leased_by = u.key, lease_end = NULL, delivery_count = m.delivery_count + 1
       FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $6::text[])
         AS u(bucket, id, due, receipt, key)
      WHERE m.bucket_id = u.bucket AND m.message_id = u.id
      RETURNING m.message_id AS "messageId", m.payload`,
    [
      leases.map(({ bucketId }) => bucketId),
      leases.map(({ message }) => message.messageId),
      leases.map(({ message }) => message.leaseExpiresAtMs),
      leases.map(({ message }) => message.receipt),
      tx.nowMs,
      leases.map(({ keyId }) => keyId),
    ],
  );
  const payloads = new Map(rows.map(({ messageId, payload }) => [messageId, payload]));
  for (const { message } of leases) {
    (message as { payload: string }).payload = payloads.get(message.messageId) as string;
  }
}
