import type { Outcome, PublishCommand } from '../../../core/commands/commands.js';
import type { Usage } from '../../../core/limits/storage-limits.js';
import { type Arrival, publish } from '../../../core/queue/publishing.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { type CommitGroup, onItsQueue } from '../transaction/commit-group.js';
import { insertMessages, type NewRow } from './insert-messages.js';
import { type QueueUsage, readQueueUsage } from './storage.js';

export async function runPublishes(
  run: CommitGroup,
  commands: readonly PublishCommand[],
): Promise<Outcome[]> {
  const { tx, deduplications } = run;
  const rows: Row[] = [];
  const usage = await readQueueUsage(tx, commands);
  const usageOf = (queue: QueueEntry): Usage => (usage as QueueUsage).of(queue);
  const add = (arrival: Arrival): void => {
    if (arrival.dueAtMs !== null) tx.noteDue(arrival.dueAtMs);
    usage?.add(arrival);
    rows.push({ arrival, seq: null });
  };
  const outcomes = commands.map((command) =>
    onItsQueue(run, command, (queue) =>
      publish(tx, queue, command, { deduplications, usageOf, add }),
    ),
  );
  await seqInMessageGroups(run, rows);
  if (rows.length > 0) insertMessages(run, rows);
  return outcomes;
}

interface Row extends NewRow {
  seq: number | null;
}

/** Messages of FIFO queues draw their seqs under the locks of their message groups. */
async function seqInMessageGroups({ tx }: CommitGroup, rows: readonly Row[]): Promise<void> {
  const grouped = rows.filter(({ arrival }) => arrival.groupKey !== null);
  if (grouped.length === 0) return;
  const seqs = await tx.messageGroups.arrive(
    grouped.map(({ arrival: { queue, groupKey } }) => ({ queue, groupKey: groupKey as string })),
  );
  for (const [index, row] of grouped.entries()) row.seq = seqs[index] as number;
}
