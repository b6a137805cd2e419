import type { NewMessage, Outcome, PublishCommand } from '../../../core/commands.js';
import { checkFifoPublish, deduplicate, groupKeyOf } from '../../../core/fifo.js';
import { bytesOf } from '../../../core/message-bytes.js';
import { STATE } from '../../../core/message-state.js';
import { queueNotFound } from '../../../core/refusal.js';
import { withIdempotency } from '../../../core/replay.js';
import type { QueueEntry } from '../../../core/transaction.js';
import type { Arrival } from '../fifo-groups.js';
import { accept, type GroupRun } from '../group-run.js';
import { toText } from '../text.js';
import { readStorage } from './storage.js';

/** All messages of all publishes go in with one statement. */
export async function runPublishes(
  run: GroupRun,
  commands: readonly PublishCommand[],
): Promise<Outcome[]> {
  const rows: Row[] = [];
  const storage = await readStorage(run, commands);
  const outcomes = commands.map((command): Outcome => {
    const queue = run.tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () => {
      const refusal = checkFifoPublish(queue, command);
      if (refusal !== undefined) return refusal;
      const { fresh, messageIds, remember } = deduplicate(queue, command, run.deduplications);
      const full = storage?.take(queue, fresh);
      if (full !== undefined) return full;
      remember();
      run.tx.tally(queue, 'published', fresh.length);
      for (const message of fresh) rows.push(messageRow(run, queue, message));
      return accept<'publish'>({ messageIds });
    });
  });
  await placeInGroups(run, rows);
  if (rows.length > 0) insert(run, rows);
  return outcomes;
}

interface Row {
  readonly queue: QueueEntry;
  seq: number;
  readonly groupId: string | null;
  readonly groupKey: string | null;
  readonly bytes: number;
  /** When its delay ends; undefined: it has none. */
  readonly dueAtMs: number | undefined;
  readonly message: NewMessage;
}

/** Messages of FIFO queues take their places under the locks of their groups. */
async function placeInGroups({ tx }: GroupRun, rows: readonly Row[]): Promise<void> {
  const arrivals = rows.filter((row): row is Row & Arrival => row.groupKey !== null);
  if (arrivals.length > 0) await tx.groups.arrive(arrivals);
}

function messageRow({ tx }: GroupRun, queue: QueueEntry, message: NewMessage): Row {
  const dueAtMs = message.delayMs > 0 ? tx.nowMs + message.delayMs : undefined;
  const bytes = bytesOf(message);
  tx.count(queue, dueAtMs === undefined ? 'available' : 'delayed', 1, bytes);
  if (dueAtMs !== undefined) tx.noteDue(dueAtMs);
  const groupId = toText(message.groupId);
  const groupKey = groupKeyOf(queue, groupId);
  if (dueAtMs === undefined && groupKey === null) tx.markReady(queue, 1);
  return { queue, seq: tx.nextSeq(), groupId, groupKey, bytes, dueAtMs, message };
}

/** Under names as short as they may be: there are many rows. What is undefined is not written. */
function columnsOf({ queue, seq, groupId, groupKey, bytes, dueAtMs, message }: Row): object {
  const priority = message.priority === 0 ? undefined : message.priority;
  return {
    b: queue.bucketId,
    i: message.messageId,
    s: seq,
    r: queue.enablePriority ? priority : undefined,
    p: priority,
    u: dueAtMs,
    g: groupId ?? undefined,
    k: groupKey ?? undefined,
    d: toText(message.deduplicationId) ?? undefined,
    h: message.headers ?? undefined,
    z: bytes,
    t: message.payload,
  };
}

function insert({ tx }: GroupRun, rows: readonly Row[]): void {
  tx.pipeline.send(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, due_at_ms, group_id,
       group_key, deduplication_id, headers, bytes, payload)
     SELECT m.b, m.i, m.s, coalesce(m.r, 0),
       CASE WHEN m.u IS NULL THEN ${STATE.available} ELSE ${STATE.delayed} END,
       coalesce(m.p, 0), $2::bigint, coalesce(m.u, $2), CASE WHEN m.u IS NULL THEN $2::bigint END, m.u, m.g, m.k, m.d,
       m.h, m.z, m.t
     FROM json_to_recordset($1::json) AS m(b bigint, i uuid, s bigint, r smallint, p smallint,
       u bigint, g text, k text, d text, h text, z integer, t text)`,
    [JSON.stringify(rows.map(columnsOf)), tx.nowMs],
  );
}
