import type { Outcome, PublishCommand } from '../../../core/commands.js';
import { STATE } from '../../../core/message-state.js';
import { queueNotFound } from '../../../core/refusal.js';
import { withIdempotency } from '../../../core/replay.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { accept, type GroupRun } from '../group-run.js';
import { toText } from '../text.js';

/** All messages of all publishes go in with one statement. */
export function runPublishes(run: GroupRun, commands: readonly PublishCommand[]): Outcome[] {
  const rows: object[] = [];
  const outcomes = commands.map((command): Outcome => {
    const queue = run.tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () => {
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
  tx.count(queue, delayed ? 'delayed' : 'available', 1);
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
    t: message.payload,
  };
}

function insert({ tx }: GroupRun, rows: readonly object[]): void {
  tx.pipeline.send(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, due_at_ms, group_id,
       deduplication_id, headers, payload_bytes, payload)
     SELECT m.b, m.i, m.s, coalesce(m.r, 0),
       CASE WHEN m.u IS NULL THEN ${STATE.available} ELSE ${STATE.delayed} END,
       coalesce(m.p, 0), $2::bigint, coalesce(m.u, $2), CASE WHEN m.u IS NULL THEN $2::bigint END, m.u, m.g, m.d,
       m.h, octet_length(m.t), m.t
     FROM json_to_recordset($1::json) AS m(b bigint, i uuid, s bigint, r smallint, p smallint,
       u bigint, g text, d text, h text, t text)`,
    [JSON.stringify(rows), tx.nowMs],
  );
}
