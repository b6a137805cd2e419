import type { Command } from '../../../core/commands/commands.js';
import { subscriptionOfHolder } from '../../../core/queue/push-subscription.js';
import { pushPolicies } from '../reads/push-rows.js';
import type { MessageRow } from '../reads/rows.js';
import { loadQueueById } from './queue-rows.js';
import type { PostgresTransaction } from './transaction.js';

/** Loads the failure settings of the push subscriptions that hold these messages. */
export const loadPolicies = (
  tx: PostgresTransaction,
  messages: readonly MessageRow[],
): Promise<void> =>
  loadPoliciesOf(
    tx,
    messages.map(({ leasedBy }) => leasedBy),
  );

/** Loads the push subscriptions that these commands consume for. */
export const loadHolders = (tx: PostgresTransaction, commands: readonly Command[]): Promise<void> =>
  loadPoliciesOf(
    tx,
    commands.map((command) => ('keyId' in command ? (command.keyId ?? null) : null)),
  );

async function loadPoliciesOf(
  tx: PostgresTransaction,
  holders: readonly (string | null)[],
): Promise<void> {
  const ids = new Set(holders.flatMap((holder) => subscriptionOfHolder(holder) ?? []));
  if (ids.size === 0) return;
  for (const { subscriptionId, ...policy } of await pushPolicies(tx.pipeline, [...ids])) {
    const { deadLetterQueueId: id } = policy;
    if (id !== null && tx.queueById(id) === undefined) await loadQueueById(tx, id);
    tx.addPolicy(subscriptionId, policy);
  }
}
