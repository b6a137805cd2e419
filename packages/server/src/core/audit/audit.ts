import type { CapabilityId } from '@millrace/protocol';
import type { AuditEntry, Audited } from '../commands/audit-entry.js';
import type { Command, Outcome } from '../commands/commands.js';

type AuditedCommand = Extract<Command, Audited>;
/** Each store has its own; it writes the entry in the transaction of the effect. */
type Write = (entry: AuditEntry) => void;

/**
 * Writes the audit entry of an administrative command, and adds it to the outcome. A refusal, a replay
 * and a command that changed nothing leave no entry.
 */
export function audited<O extends Outcome>(
  command: Command,
  outcome: O,
  nowMs: number,
  write: Write,
): O {
  const source = (command as Audited).audit;
  if (source === undefined || !outcome.ok || outcome.replayed) return outcome;
  const done = doneBy(command as AuditedCommand, outcome, nowMs);
  if (done === undefined) return outcome;
  const entry: AuditEntry = {
    ...source,
    ...done,
    atMs: nowMs,
    refused: false,
    code: null,
    project: (command as AuditedCommand).project,
    count: 1,
  };
  write(entry);
  return { ...outcome, audited: entry };
}

type Done = Pick<AuditEntry, 'action' | 'target'>;

// biome-ignore lint/suspicious/noExplicitAny: each kind of command has its own outcome type.
function doneBy(command: AuditedCommand, outcome: any, nowMs: number): Done | undefined {
  switch (command.kind) {
    case 'createQueue':
      // If the queue existed already, only its settings were compared.
      return outcome.queue.createdAtMs === nowMs ? of('queue.create', command.queue) : undefined;
    case 'updateQueue':
      return outcome.queue.updatedAtMs === nowMs ? of('queue.update', command.queue) : undefined;
    case 'deleteQueue':
      return outcome.deleted ? of('queue.delete', command.queue) : undefined;
    case 'purgeQueue':
      return of('queue.purge', command.queue);
    case 'deadLetterJob':
      return of(`queue.dlq.${command.action}`, command.queue);
    case 'subscribePush':
      return of('queue.push_subscribe', outcome.subscription.subscriptionId);
    case 'unsubscribePush':
      return outcome.deleted ? of('queue.push_unsubscribe', command.subscriptionId) : undefined;
    case 'pausePush':
      return of(
        command.reason === null ? 'queue.push_resume' : 'queue.push_pause',
        command.subscriptionId,
      );
    case 'createKey':
      return of('account.keys.create', command.key.keyId);
    case 'revokeKey':
      return of('account.keys.revoke', command.keyId);
  }
}

const of = (action: CapabilityId, target: string): Done => ({ action, target });
