import { audited } from '../../../core/audit/audit.js';
import type { AuditEntry, Audited } from '../../../core/queue/audit-entry.js';
import type { Command, Outcome, OutcomeOf } from '../../../core/queue/commands.js';
import { accept } from '../../../core/queue/outcome.js';
import type { QueueCommand } from '../../../core/queue/queue-command.js';
import { answerBefore, recordAnswer } from '../../../core/queue/replay.js';
import type { Refusal } from '../../../core/refusal.js';
import { writeAudit } from '../reads/audit-rows.js';
import type { CommitGroup } from './commit-group.js';

type AdminCommand = Extract<Command, Audited & { idempotency: unknown }>;
type AdminKind = AdminCommand['kind'];
type CommandOf<K extends AdminKind> = Extract<AdminCommand, { kind: K }>;
type Run<K extends AdminKind> = (run: CommitGroup, command: CommandOf<K>) => Promise<Outcome<K>>;

/**
 * A call of administration: answered once under its idempotency key, and written into the audit log.
 *
 * @param keyCounts `in its queue` where the key counts among those of the queue that the call names
 */
export function administered<K extends AdminKind>(
  apply: (run: CommitGroup, command: CommandOf<K>) => Promise<OutcomeOf[K] | Refusal>,
  keyCounts: 'in its queue' | 'in its project' = 'in its project',
): Run<K> {
  return async (run, command) => {
    const { project, queue: name } = command as unknown as QueueCommand;
    const queue = keyCounts === 'in its queue' ? run.tx.queue(project, name) : undefined;
    const earlier = answerBefore(run.records, run.lookups, command, queue);
    if (earlier !== undefined) return earlier as Outcome<K>;
    // The type of an outcome by its kind is too deep for the compiler to follow here.
    const outcome = accept<K>(await apply(run, command)) as unknown as Outcome;
    recordAnswer(run.records, command, queue, outcome);
    const write = (entry: AuditEntry): void => writeAudit(run.tx.pipeline, [entry]);
    return audited(command, outcome, run.tx.nowMs, write) as unknown as Outcome<K>;
  };
}
