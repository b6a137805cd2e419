import type { Outcome } from '../../../core/commands/commands.js';
import type { SubscribePushCommand } from '../../../core/commands/push-commands.js';
import { type AutoCreating, checkAutoCreate } from '../../../core/limits/admission.js';
import { limitsThing } from '../../../core/limits/storage-limits.js';
import type { Refusal } from '../../../core/refusal.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { insertQueue, readReachable } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';
import { loadUsage } from './storage.js';

export const lacksQueue = (
  tx: PostgresTransaction,
  { autoCreate, project, queue }: AutoCreating,
): boolean => autoCreate && tx.queue(project, queue) === undefined;

/** Creates the queue that a command lacks, or returns why it must not be created. */
export async function createLacking(
  tx: PostgresTransaction,
  command: AutoCreating,
): Promise<Refusal | undefined> {
  const { project, queue } = command;
  const { limits } = tx.room;
  const subscribes = command.kind === 'subscribePush';
  if (limitsThing(limits, 'queues') || (subscribes && limitsThing(limits, 'subscriptions'))) {
    await loadUsage(tx, [project]);
  }
  const deadLetterQueue = subscribes ? command.settings.deadLetterQueue : undefined;
  const reachableFrom = await readReachable(tx, project, deadLetterQueue);
  const refusal = checkAutoCreate(tx.room, command, reachableFrom);
  if (refusal === undefined) await insertQueue(tx, project, queue);
  return refusal;
}

type Subscribe = (
  group: CommitGroup,
  command: SubscribePushCommand,
) => Promise<Outcome<'subscribePush'>>;

/** Creates the queue that the call names if it does not exist and may be created. */
export const withItsQueue =
  (run: Subscribe): Subscribe =>
  async (group, command) => {
    const refusal = lacksQueue(group.tx, command)
      ? await createLacking(group.tx, command)
      : undefined;
    return refusal ?? run(group, command);
  };
