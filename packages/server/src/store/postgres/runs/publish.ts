import type { Outcome, PublishCommand } from '../../../core/commands.js';
import { bytesOf } from '../../../core/message-bytes.js';
import { STATE } from '../../../core/message-state.js';
import { queueNotFound } from '../../../core/refusal.js';
import { withIdempotency } from '../../../core/replay.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { accept, type GroupRun } from '../group-run.js';
import { toText } from '../text.js';
import { readStorage } from './storage.js';

/** All messages of all publishes go in with one statement. */
export async function runPublishes(
  run: GroupRun,
  commands: readonly PublishCommand[],
): Promise<Outcome[]> {
  const rows: object[] = [];
  const storage = await readStorage(run, commands);
  const outcomes = commands.map((command): Outcome => {
    const queue = run.tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () => {
      const full = storage?.take(queue, command.messages);
      if (full !== undefined) return full;
      run.tx.tally(queue, 'published', command.messages.length);
      for (const message of command.messages) rows.push(messageRow(run, queue, message));
      return accept<'publish'>({
        messageIds: command.messages.map(({ messageId }) => messageId),
      });
    });
  });
  if (rows.length > 0) insert(run, rows);
  return outcomes;
}

function messageRow(
  { tx }: GroupRun,
  queue: QueueEntry,
  message: PublishCommand['messages'][number],
): object {
  const delayed = message.delayMs > 0;
  const availableAtMs = tx.nowMs + message.delayMs;
  const bytes = bytesOf(message);
  tx.count(queue, delayed ? 'delayed' : 'available', 1, bytes);
  if (delayed) tx.noteDue(availableAtMs);
  else tx.markReady(queue, 1);
  return {
    b: queue.bucketId,
    i: message.messageId,
    s: tx.nextSeq(),
    ...(queue.enablePriority && message.priority !== 0 ? { r: message.priority } : {}),
    ...(message.priority === 0 ? {} : { p: message.priority }),
    ...(delayed ? { u: availableAtMs } : {}),
    ...(message.groupId === null ? {} : { g: toText(message.groupId) }),
    ...(message.deduplicationId === null ? {} : { d: toText(message.deduplicationId) }),
    ...(message.headers === null ? {} : { h: message.headers }),
    z: bytes,
    t: message.payload,
  };
}

function insert({ tx }: GroupRun, rows: readonly object[]): void {
  tx.pipeline.send(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, due_at_ms, group_id,
       deduplication_id, headers, bytes, payload)
     SELECT m.b, m.i, m.s, coalesce(m.r, 0),
       CASE WHEN m.u IS NULL THEN ${STATE.available} ELSE ${STATE.delayed} END,
       coalesce(m.p, 0), $2::bigint, coalesce(m.u, $2), CASE WHEN m.u IS NULL THEN $2::bigint END, m.u, m.g, m.d,
       m.h, m.z, m.t
     FROM json_to_recordset($1::json) AS m(b bigint, i uuid, s bigint, r smallint, p smallint,
       u bigint, g text, d text, h text, z integer, t text)`,
    [JSON.stringify(rows), tx.nowMs],
  );
}
