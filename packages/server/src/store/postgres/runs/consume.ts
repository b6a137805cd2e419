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
import type { Pipeline } from '../connections.js';
import { accept, type GroupRun } from '../group-run.js';
import { MESSAGE_COLUMNS, type MessageRow, STORED_COLUMNS, storedMessage } from '../rows.js';
import { countWalked, type RankFloor } from '../scan-floors.js';

type ReadyRow = MessageRow & StoredMessage & RankFloor;

const READY_COLUMNS = `${MESSAGE_COLUMNS}, ${STORED_COLUMNS}, m.rank, m.seq`;

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
  run: GroupRun,
  commands: readonly ConsumeCommand[],
): Promise<Map<number, ReadyRow[]>> {
  const { tx, readyFloors } = run;
  const wanted = new Map<number, number>();
  for (const { project, queue: name, maxMessages } of commands) {
    const queue = tx.queue(project, name);
    if (queue === undefined) continue;
    wanted.set(queue.bucketId, (wanted.get(queue.bucketId) ?? 0) + maxMessages);
  }
  const ready = new Map<number, ReadyRow[]>();
  if (wanted.size === 0) return ready;
  const looks = [...wanted].map(([bucketId, limit]) => ({
    bucketId,
    limit,
    from: readyFloors.of(bucketId, tx.nowMs),
  }));
  const look = (): Promise<ReadyRow[]> => lookForHeads(tx.pipeline, looks);
  const counts = readyFloors.isToCount(tx.nowMs);
  const { found, walked } = counts
    ? await countWalked(tx.pipeline, 'messages_ready', look)
    : { found: await look(), walked: 0 };
  for (const row of found) {
    const list = ready.get(row.bucketId);
    if (list === undefined) ready.set(row.bucketId, [row]);
    else list.push(row);
  }
  if (counts) {
    for (const { bucketId, from } of looks) {
      readyFloors.note(bucketId, from, ready.get(bucketId) ?? [], walked, tx.nowMs);
    }
  }
  return ready;
}

interface Look {
  readonly bucketId: number;
  readonly limit: number;
  readonly from: readonly RankFloor[] | undefined;
}

async function lookForHeads(pipeline: Pipeline, looks: readonly Look[]): Promise<ReadyRow[]> {
  const fromHead = looks.filter(({ from }) => from === undefined);
  const fromFloor = looks.flatMap(({ bucketId, limit, from = [] }) =>
    from.map(({ rank, seq }) => ({ bucketId, limit, rank, seq })),
  );
  const [heads, behind] = await Promise.all([
    fromHead.length === 0
      ? []
      : pipeline.query<ReadyRow>(
          `SELECT h.* FROM unnest($1::bigint[], $2::bigint[]) AS w(bucket_id, wanted)
            CROSS JOIN LATERAL (
              SELECT ${READY_COLUMNS}
                FROM millrace.messages m WHERE m.bucket_id = w.bucket_id AND m.state = 0
               ORDER BY m.rank DESC, m.seq LIMIT w.wanted FOR UPDATE SKIP LOCKED) AS h`,
          [fromHead.map(({ bucketId }) => bucketId), fromHead.map(({ limit }) => limit)],
        ),
    fromFloor.length === 0
      ? []
      : pipeline.query<ReadyRow>(
          `SELECT h.* FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[])
               AS w(bucket_id, wanted, rank, seq)
            CROSS JOIN LATERAL (
              SELECT ${READY_COLUMNS}
                FROM millrace.messages m
               WHERE m.bucket_id = w.bucket_id AND m.state = 0 AND m.rank = w.rank
                 AND m.seq >= w.seq
               ORDER BY m.rank DESC, m.seq LIMIT w.wanted FOR UPDATE SKIP LOCKED) AS h`,
          [
            fromFloor.map(({ bucketId }) => bucketId),
            fromFloor.map(({ limit }) => limit),
            fromFloor.map(({ rank }) => rank),
            fromFloor.map(({ seq }) => seq),
          ],
        ),
  ]);
  return [...heads, ...behind];
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
