import { audited } from '../../../core/audit/audit.js';
import type { AuditEntry, Audited } from '../../../core/commands/audit-entry.js';
import type { Command, Outcome, OutcomeOf } from '../../../core/commands/commands.js';
import { accept } from '../../../core/commands/outcome.js';
import type { QueueCommand } from '../../../core/commands/queue-command.js';
import { answerBefore, recordAnswer } from '../../../core/commands/replay.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { queueNotFound, type Refusal } from '../../../core/refusal.js';
import { writeAudit } from '../reads/audit-rows.js';
import type { CommitGroup } from './commit-group.js';

type AdminCommand = Extract<Command, Audited & { idempotency: unknown }>;
type AdminKind = AdminCommand['kind'];
type CommandOf<K extends AdminKind> = Extract<AdminCommand, { kind: K }>;
type Run<K extends AdminKind> = (run: CommitGroup, command: CommandOf<K>) => Promise<Outcome<K>>;
type Result<K extends AdminKind> = Promise<OutcomeOf[K] | Refusal>;

/** A call of administration: applied once per idempotency key, and written to the audit log. */
export const administered =
  <K extends AdminKind>(apply: (run: CommitGroup, command: CommandOf<K>) => Result<K>): Run<K> =>
  (run, command) =>
    once(run, command, undefined, () => apply(run, command));

/** The same for a call on an existing queue, which is the scope of its idempotency key. */
export const administeredOnQueue =
  <K extends AdminKind & Extract<Command, QueueCommand>['kind']>(
    apply: (run: CommitGroup, queue: QueueEntry, command: CommandOf<K>) => Result<K>,
  ): Run<K> =>
  async (run, command) => {
    const { project, queue: name } = command as QueueCommand;
    const queue = run.tx.queue(project, name);
    if (queue === undefined) return queueNotFound(name);
    return once(run, command, queue, () => apply(run, queue, command));
  };

async function once<K extends AdminKind>(
  { tx, records, lookups }: CommitGroup,
  command: CommandOf<K>,
  queue: QueueEntry | undefined,
  apply: () => Result<K>,
): Promise<Outcome<K>> {
  const earlier = answerBefore(records, lookups, command, queue);
  if (earlier !== undefined) return earlier as Outcome<K>;
  // The type of an outcome by its kind is too deep for the compiler to follow here.
  const outcome = accept<K>(await apply()) as Outcome;
  recordAnswer(records, command, queue, outcome);
  const write = (entry: AuditEntry): void => writeAudit(tx.pipeline, [entry]);
  return audited(command, outcome, tx.nowMs, write) as Outcome<K>;
}
