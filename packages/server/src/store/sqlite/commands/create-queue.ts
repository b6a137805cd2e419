import type { CreateQueueCommand, OutcomeOf } from '../../../core/commands/commands.js';
import { checkQuota } from '../../../core/limits/storage-limits.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { compareSettings, newSettings, publicRow } from '../../../core/queue/queue-settings.js';
import { isRefusal, type Refusal } from '../../../core/refusal.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

export function createQueue(
  tx: SqliteTransaction,
  command: CreateQueueCommand,
): OutcomeOf['createQueue'] | Refusal {
  const { project, queue: name, settings } = command;
  const existing = tx.queue(project, name);
  if (existing !== undefined) {
    return compareSettings(existing, settings) ?? { queue: publicRow(existing) };
  }
  const wanted = newSettings(name, settings, (other) => tx.reachableFrom(project, other));
  if (isRefusal(wanted)) return wanted;
  const full = checkQuota(tx.room, project, 'queues');
  if (full !== undefined) return full;
  const deadLetterQueueId =
    wanted.deadLetterQueue === null
      ? null
      : (tx.queue(project, wanted.deadLetterQueue) as QueueEntry).id;
  return { queue: publicRow(tx.insertQueue(project, name, wanted, deadLetterQueueId)) };
}
