import type { CreateQueueCommand, OutcomeOf } from '../../../core/commands/commands.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { compareSettings, newSettings, publicRow } from '../../../core/queue/queue-settings.js';
import { isRefusal, type Refusal } from '../../../core/refusal.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { insertQueue, readReachable } from '../transaction/queue-rows.js';
import { checkQuotaOf } from './storage.js';

export async function createQueue(
  { tx }: CommitGroup,
  { project, queue: name, settings }: CreateQueueCommand,
): Promise<OutcomeOf['createQueue'] | Refusal> {
  const existing = tx.queue(project, name);
  if (existing !== undefined) {
    return compareSettings(existing, settings) ?? { queue: publicRow(existing) };
  }
  const reachableFrom = await readReachable(tx, project, settings.deadLetterQueue);
  const wanted = newSettings(name, settings, reachableFrom);
  if (isRefusal(wanted)) return wanted;
  const full = await checkQuotaOf(tx, project, 'queues');
  if (full !== undefined) return full;
  const deadLetterQueueId =
    wanted.deadLetterQueue === null
      ? null
      : (tx.queue(project, wanted.deadLetterQueue) as QueueEntry).id;
  return { queue: publicRow(await insertQueue(tx, project, name, wanted, deadLetterQueueId)) };
}
