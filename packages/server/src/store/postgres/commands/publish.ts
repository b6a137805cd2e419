import { checkPublishRoom } from '../../../core/limits/admission.js';
import type { NewMessage, Outcome, PublishCommand } from '../../../core/queue/commands.js';
import { checkFifoPublish, deduplicate, groupKeyOf } from '../../../core/queue/fifo.js';
import { bytesOf } from '../../../core/queue/message-bytes.js';
import { accept } from '../../../core/queue/outcome.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { withIdempotency } from '../../../core/queue/replay.js';
import { queueNotFound } from '../../../core/refusal.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import type { Arrival } from '../transaction/message-groups.js';
import { insertMessages, type NewRow } from './insert-messages.js';
import { type QueueUsage, readQueueUsage } from './storage.js';

export async function runPublishes(
  run: CommitGroup,
  commands: readonly PublishCommand[],
): Promise<Outcome[]> {
  const rows: Row[] = [];
  const { room } = run.tx;
  const usage = await readQueueUsage(run.tx, commands);
  const outcomes = commands.map((command): Outcome => {
    const queue = run.tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () => {
      const refusal = checkFifoPublish(queue, command);
      if (refusal !== undefined) return refusal;
      const deduplicated = deduplicate(queue, command, run.deduplications);
      const { fresh, messageIds, remember } = deduplicated;
      const ofQueue = () => (usage as QueueUsage).of(queue);
      const full = checkPublishRoom(room, command, ofQueue, deduplicated);
      if (full !== undefined) return full;
      usage?.add(queue, fresh);
      remember();
      run.tx.tally(queue, 'published', fresh.length);
      for (const message of fresh) rows.push(messageRow(run, queue, message));
      return accept<'publish'>({ messageIds });
    });
  });
  await seqInMessageGroups(run, rows);
  if (rows.length > 0) insertMessages(run, rows);
  return outcomes;
}

interface Row extends NewRow {
  seq: number | null;
}

/** Messages of FIFO queues take their seqs under the locks of their message groups. */
async function seqInMessageGroups({ tx }: CommitGroup, rows: readonly Row[]): Promise<void> {
  const arrivals = rows.filter((row): row is Row & Arrival => row.groupKey !== null);
  if (arrivals.length === 0) return;
  const seqs = await tx.messageGroups.arrive(arrivals);
  for (const [index, row] of arrivals.entries()) row.seq = seqs[index] as number;
}

function messageRow({ tx }: CommitGroup, queue: QueueEntry, message: NewMessage): Row {
  const dueAtMs = message.delayMs > 0 ? tx.nowMs + message.delayMs : undefined;
  const bytes = bytesOf(message);
  tx.count(queue, dueAtMs === undefined ? 'available' : 'delayed', 1, bytes);
  if (dueAtMs !== undefined) tx.noteDue(dueAtMs);
  const { groupId } = message;
  const groupKey = groupKeyOf(queue, groupId);
  if (dueAtMs === undefined && groupKey === null) tx.markReady(queue, 1);
  return { queue, seq: null, groupId, groupKey, bytes, dueAtMs, message };
}
