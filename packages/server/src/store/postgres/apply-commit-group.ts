import type {
  AckCommand,
  Command,
  ConsumeCommand,
  ExtendCommand,
  NackCommand,
  Outcome,
  PublishCommand,
} from '../../core/queue/commands.js';
import { recordKeyUse, runAdmin } from './commands/admin.js';
import { createLacking, lacksQueue } from './commands/auto-create.js';
import { runConsumes } from './commands/consume.js';
import { stepJob } from './commands/dead-letter-job.js';
import { runPublishes } from './commands/publish.js';
import { recordPushes, sealPush } from './commands/push.js';
import { loadHeld } from './commands/replayed-leases.js';
import { runSettling } from './commands/settle.js';
import { settleDue } from './commands/settle-due.js';
import { loadUsageFor } from './commands/storage.js';
import { expire, sweepDiscarded } from './commands/sweep.js';
import { trimAudit, writeAudit } from './reads/audit-rows.js';
import { accept, type CommitGroup } from './transaction/commit-group.js';
import { loadHolders } from './transaction/push-policies.js';

type Kind = 'settle' | 'publish' | 'consume' | 'single';

const KIND_OF: Record<Command['kind'], Kind> = {
  ack: 'settle',
  nack: 'settle',
  extend: 'settle',
  publish: 'publish',
  consume: 'consume',
  createQueue: 'single',
  subscribePush: 'single',
  unsubscribePush: 'single',
  pausePush: 'single',
  sealPush: 'single',
  recordPushes: 'single',
  recordAudit: 'single',
  recordKeyUse: 'single',
  createKey: 'single',
  revokeKey: 'single',
  updateQueue: 'single',
  deleteQueue: 'single',
  purgeQueue: 'single',
  deadLetterJob: 'single',
  stepJob: 'single',
  settleDue: 'single',
  sweepDiscarded: 'single',
  expire: 'single',
};

/** Applies the commands in their order; those of a kind that stand together go together. */
export async function applyCommitGroup(
  run: CommitGroup,
  commands: readonly Command[],
): Promise<Outcome[]> {
  await Promise.all([loadUsageFor(run.tx, commands), run.records.load(commands)]);
  await run.deduplications.load(commands);
  const outcomes: Outcome[] = [];
  for (const together of runsOf(commands)) outcomes.push(...(await applyRun(run, together)));
  run.records.flush();
  run.deduplications.flush();
  return outcomes;
}

async function applyRun(
  run: CommitGroup,
  commands: readonly Command[],
): Promise<readonly Outcome[]> {
  const [first] = commands as [Command];
  switch (KIND_OF[first.kind]) {
    case 'settle': {
      const outcomes = await runSettling(
        run,
        commands as (AckCommand | NackCommand | ExtendCommand)[],
      );
      await run.tx.flushMessages();
      return outcomes;
    }
    case 'publish':
      return withQueues(run, commands as PublishCommand[], (ready) => runPublishes(run, ready));
    case 'consume':
      return withQueues(run, commands as ConsumeCommand[], (ready) => applyConsumes(run, ready));
    case 'single':
      return [await applySingle(run, first)];
  }
}

async function applyConsumes(
  run: CommitGroup,
  commands: readonly ConsumeCommand[],
): Promise<readonly Outcome[]> {
  await loadHeld(run, commands);
  await loadHolders(run.tx, commands);
  const outcomes = await runConsumes(run, commands);
  // What was read before is older than what was leased now.
  run.tx.forgetMessages();
  return outcomes;
}

async function applySingle(run: CommitGroup, command: Command): Promise<Outcome> {
  switch (command.kind) {
    case 'settleDue':
      return accept<'settleDue'>({ settled: await settleDue(run, command.limit) });
    case 'stepJob':
      return accept<'stepJob'>(await stepJob(run, command.jobId));
    case 'sealPush':
      return accept<'sealPush'>(await sealPush(run, command));
    case 'recordPushes':
      return accept<'recordPushes'>(await recordPushes(run, command));
    case 'recordAudit':
      writeAudit(run.tx.pipeline, command.auditEntries);
      return accept<'recordAudit'>({ more: await trimAudit(run.tx.pipeline) });
    case 'recordKeyUse':
      return accept<'recordKeyUse'>(await recordKeyUse(run, command));
    case 'sweepDiscarded':
      return accept<'sweepDiscarded'>(await sweepDiscarded(run, command.limit));
    case 'expire':
      return accept<'expire'>(await expire(run, command));
    default:
      return runAdmin(run, command as Parameters<typeof runAdmin>[1]);
  }
}

function runsOf(commands: readonly Command[]): Command[][] {
  const runs: Command[][] = [];
  let last: string | undefined;
  for (const command of commands) {
    const kind = KIND_OF[command.kind];
    // A run makes the queues that it lacks before it begins, or makes none.
    const like = `${kind} ${'autoCreate' in command && command.autoCreate}`;
    if (like === last && kind !== 'single') (runs.at(-1) as Command[]).push(command);
    else runs.push([command]);
    last = like;
  }
  return runs;
}

/**
 * Runs the commands together, but makes the queues that they lack in between: whether one may be made
 * depends on what those before have brought.
 */
async function withQueues<C extends PublishCommand | ConsumeCommand>(
  run: CommitGroup,
  commands: readonly C[],
  apply: (commands: readonly C[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const { tx } = run;
  if (!commands.some((command) => lacksQueue(tx, command))) return apply(commands);
  const outcomes: Outcome[] = [];
  let ready: C[] = [];
  for (const command of commands) {
    if (lacksQueue(tx, command)) {
      if (ready.length > 0) outcomes.push(...(await apply(ready)));
      ready = [];
      const refusal = await createLacking(tx, command);
      if (refusal !== undefined) {
        outcomes.push(refusal);
        continue;
      }
    }
    ready.push(command);
  }
  return ready.length === 0 ? outcomes : [...outcomes, ...(await apply(ready))];
}
