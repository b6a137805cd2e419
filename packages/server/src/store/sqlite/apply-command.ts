import { audited } from '../../core/audit/audit.js';
import type { Command, Outcome, OutcomeOf } from '../../core/commands/commands.js';
import { accept } from '../../core/commands/outcome.js';
import { withIdempotency } from '../../core/commands/replay.js';
import {
  isSettling,
  namedMessages,
  type SettlingCommand,
} from '../../core/commands/settling-commands.js';
import { checkAutoCreate } from '../../core/limits/admission.js';
import type { QueueEntry } from '../../core/queue/queue-entry.js';
import { applySettling, leaseRanOut, settle } from '../../core/queue/settling.js';
import { queueNotFound, type Refusal } from '../../core/refusal.js';
import { deleteQueue, purgeQueue, updateQueue } from './commands/change-queue.js';
import { consume, stillHeld } from './commands/consume.js';
import { recordConsumers } from './commands/consumers.js';
import { createQueue } from './commands/create-queue.js';
import { startDeadLetterJob, stepJob } from './commands/dead-letter-job.js';
import { createKey, recordKeyUse, revokeKey } from './commands/keys.js';
import { publish } from './commands/publish.js';
import {
  pausePush,
  recordPushes,
  sealPush,
  subscribePush,
  unsubscribePush,
} from './commands/push.js';
import { settleDue } from './commands/settle-due.js';
import { expire, sweepDiscarded } from './commands/sweep.js';
import { trimAudit, writeAudit } from './reads/audit-rows.js';
import { answerRecords } from './transaction/records.js';
import type { SqliteTransaction } from './transaction/transaction.js';

/** Applies one command in the open transaction. */
export function applyCommand(tx: SqliteTransaction, command: Command): Outcome {
  if (command.kind !== 'publish') tx.inserts.flush();
  if (isSettling(command)) {
    return onQueue(tx, command, (queue) => {
      if (tx.hasMoreLeasesDue) endNamedLeases(tx, queue, command);
      return applySettling(tx, queue, command);
    });
  }
  switch (command.kind) {
    case 'publish':
      return onQueue(tx, command, (queue) => publish(tx, queue, command));
    case 'consume':
      return onQueue(tx, command, (queue) => consume(tx, queue, command));
    case 'createQueue':
      return idempotent(tx, command, undefined, () =>
        accept<'createQueue'>(createQueue(tx, command)),
      );
    case 'createKey':
      return idempotent(tx, command, undefined, () => accept<'createKey'>(createKey(tx, command)));
    case 'revokeKey':
      return idempotent(tx, command, undefined, () => accept<'revokeKey'>(revokeKey(tx, command)));
    case 'updateQueue':
      return onQueue(tx, command, (queue) => updateQueue(tx, queue, command));
    case 'purgeQueue':
      return onQueue(tx, command, (queue) => purgeQueue(tx, queue, command));
    case 'deleteQueue':
      return idempotent(tx, command, undefined, () =>
        accept<'deleteQueue'>(deleteQueue(tx, command)),
      );
    case 'deadLetterJob':
      return onQueue(tx, command, (queue) => startDeadLetterJob(tx, queue, command));
    case 'subscribePush':
      return onQueue(tx, command, (queue) => subscribePush(tx, queue, command));
    case 'unsubscribePush':
      return onQueue(tx, command, (queue) => unsubscribePush(tx, queue, command));
    case 'pausePush':
      return onQueue(tx, command, (queue) => pausePush(tx, queue, command));
    case 'sealPush':
      return accept<'sealPush'>(sealPush(tx, command));
    case 'recordPushes':
      return accept<'recordPushes'>(recordPushes(tx, command));
    case 'recordAudit':
      for (const entry of command.auditEntries) writeAudit(tx.statements, entry);
      return accept<'recordAudit'>({ more: trimAudit(tx.statements) });
    case 'recordKeyUse':
      return accept<'recordKeyUse'>(recordKeyUse(tx, command));
    case 'recordConsumers':
      return accept<'recordConsumers'>(recordConsumers(tx, command));
    case 'stepJob':
      return accept<'stepJob'>(stepJob(tx, command.jobId));
    case 'sweepDiscarded':
      return accept<'sweepDiscarded'>(sweepDiscarded(tx, command.limit));
    case 'expire':
      return accept<'expire'>(expire(tx, command));
    case 'settleDue':
      return accept<'settleDue'>({ settled: settleDue(tx, command.limit) });
  }
}

type OnQueue = Exclude<
  Extract<Command, { queue: string }>,
  { kind: 'createQueue' | 'deleteQueue' }
>;

function endNamedLeases(tx: SqliteTransaction, queue: QueueEntry, command: SettlingCommand): void {
  for (const messageId of namedMessages(command)) {
    const message = tx.find(queue, messageId);
    if (message !== undefined && leaseRanOut(tx, message)) settle(tx, queue, message);
  }
}

function onQueue<C extends OnQueue>(
  tx: SqliteTransaction,
  command: C,
  run: (queue: QueueEntry) => OutcomeOf[C['kind']] | Refusal,
): Outcome<C['kind']> {
  let queue = tx.queue(command.project, command.queue);
  if (queue === undefined) {
    if (!('autoCreate' in command) || !command.autoCreate) return queueNotFound(command.queue);
    const refusal = checkAutoCreate(tx.room, command, (name) =>
      tx.reachableFrom(command.project, name),
    );
    if (refusal !== undefined) return refusal;
    queue = tx.insertQueue(command.project, command.queue);
  }
  const found = queue;
  return idempotent(tx, command, found, () => accept<C['kind']>(run(found)));
}

function idempotent<C extends Extract<Command, { idempotency: unknown }>>(
  tx: SqliteTransaction,
  command: C,
  queue: QueueEntry | undefined,
  run: () => Outcome<C['kind']>,
): Outcome<C['kind']> {
  const lookups = {
    stillHeld: stillHeld.bind(undefined, tx),
    queueExists: (id: number) => tx.queueById(id) !== undefined,
  };
  const outcome = withIdempotency<C>(answerRecords(tx), lookups, command, queue, run);
  if (!('audit' in command)) return outcome;
  return audited(command, outcome, tx.nowMs, (entry) => writeAudit(tx.statements, entry));
}
