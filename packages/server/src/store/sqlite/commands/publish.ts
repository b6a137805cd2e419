import type { OutcomeOf, PublishCommand } from '../../../core/commands/commands.js';
import { ownRowId } from '../../../core/ids.js';
import { type Arrival, publish as decide } from '../../../core/queue/publishing.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import type { Refusal } from '../../../core/refusal.js';
import { deduplications } from '../transaction/deduplications.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

export const publish = (
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: PublishCommand,
): OutcomeOf['publish'] | Refusal =>
  decide(tx, queue, command, {
    deduplications: deduplications(tx),
    usageOf: () => tx.usageOfQueue(queue),
    add: (arrival) => insert(tx, arrival),
  });

function insert(tx: SqliteTransaction, arrival: Arrival): void {
  const { queue, groupKey, message } = arrival;
  const id = ownRowId(message.messageId);
  if (id === undefined)
    throw new Error(`"${message.messageId}" is not a message id of this server`);
  const seq = tx.nextSeq();
  tx.inserts.add(id, seq, tx.nowMs, arrival);
  if (groupKey !== null) tx.messageGroups.append(queue, groupKey, seq);
}
