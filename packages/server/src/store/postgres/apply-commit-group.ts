import type {
  Command,
  ConsumeCommand,
  Outcome,
  PublishCommand,
} from '../../core/commands/commands.js';
import { accept } from '../../core/commands/outcome.js';
import {
  isSettling,
  type SettlingCommand,
  type SettlingKind,
} from '../../core/commands/settling-commands.js';
import { createLacking, lacksQueue, withItsQueue } from './commands/auto-create.js';
import { deleteQueue, purgeQueue, updateQueue } from './commands/change-queue.js';
import { runConsumes } from './commands/consume.js';
import { recordConsumers } from './commands/consumers.js';
import { createQueue } from './commands/create-queue.js';
import { startDeadLetterJob, stepJob } from './commands/dead-letter-job.js';
import { createKey, recordKeyUse, revokeKey } from './commands/keys.js';
import { runPublishes } from './commands/publish.js';
import {
  pausePush,
  recordPushes,
  sealPush,
  subscribePush,
  unsubscribePush,
} from './commands/push.js';
import { loadHeld } from './commands/ready-messages/replayed-leases.js';
import { runSettling } from './commands/settle.js';
import { settleDue } from './commands/settle-due.js';
import { loadUsageFor } from './commands/storage.js';
import { expire, sweepDiscarded } from './commands/sweep.js';
import { trimAudit, writeAudit } from './reads/audit-rows.js';
import { administered, administeredOnQueue } from './transaction/administered.js';
import type { CommitGroup } from './transaction/commit-group.js';
import { loadHolders } from './transaction/push-policies.js';

type Kind = Command['kind'];
type CommandOf<K extends Kind> = Extract<Command, { kind: K }>;
type Together<C extends Command> = (
  run: CommitGroup,
  commands: readonly C[],
) => Promise<readonly Outcome[]>;

/** Kinds that move a message through its life: consecutive ones are applied in the same statements. */
const TOGETHER: { readonly [K in Kind]?: Together<CommandOf<K>> } = {
  publish: (run, commands) => withQueues(run, commands, (ready) => runPublishes(run, ready)),
  consume: (run, commands) => withQueues(run, commands, (ready) => applyConsumes(run, ready)),
};

/** The run of a command that is applied together with its neighbours; undefined: it is applied alone. */
const togetherOf = (command: Command): Together<Command> | undefined =>
  (isSettling(command) ? settleTogether : TOGETHER[command.kind]) as Together<Command> | undefined;

type OneByOne = Exclude<Kind, 'publish' | 'consume' | SettlingKind>;
type One<K extends Kind> = (run: CommitGroup, command: CommandOf<K>) => Promise<Outcome<K>>;

/** Rare kinds: applied one command at a time, each awaited. */
const ONE_BY_ONE: { readonly [K in OneByOne]: One<K> } = {
  createQueue: administered(createQueue),
  updateQueue: administeredOnQueue(updateQueue),
  purgeQueue: administeredOnQueue(purgeQueue),
  deleteQueue: administered(deleteQueue),
  deadLetterJob: administeredOnQueue(startDeadLetterJob),
  subscribePush: withItsQueue(administeredOnQueue(subscribePush)),
  unsubscribePush: administeredOnQueue(unsubscribePush),
  pausePush: administeredOnQueue(pausePush),
  createKey: administered(createKey),
  revokeKey: administered(revokeKey),
  sealPush: async (run, command) => accept<'sealPush'>(await sealPush(run, command)),
  recordPushes: async (run, command) => accept<'recordPushes'>(await recordPushes(run, command)),
  recordKeyUse: async (run, command) => accept<'recordKeyUse'>(await recordKeyUse(run, command)),
  recordConsumers: async (run, command) =>
    accept<'recordConsumers'>(await recordConsumers(run, command)),
  recordAudit: async ({ tx }, { auditEntries }) => {
    writeAudit(tx.pipeline, auditEntries);
    return accept<'recordAudit'>({ more: await trimAudit(tx.pipeline) });
  },
  stepJob: async (run, { jobId }) => accept<'stepJob'>(await stepJob(run, jobId)),
  settleDue: async (run, { limit }) =>
    accept<'settleDue'>({ settled: await settleDue(run, limit) }),
  sweepDiscarded: async (run, { limit }) =>
    accept<'sweepDiscarded'>(await sweepDiscarded(run, limit)),
  expire: async (run, command) => accept<'expire'>(await expire(run, command)),
};

/** Applies the commands in order; consecutive ones of a kind in `TOGETHER` are applied together. */
export async function applyCommitGroup(
  run: CommitGroup,
  commands: readonly Command[],
): Promise<Outcome[]> {
  await Promise.all([loadUsageFor(run.tx, commands), run.records.load(commands)]);
  await run.deduplications.load(commands);
  const outcomes: Outcome[] = [];
  for (const alike of alikeTogether(commands)) outcomes.push(...(await applyAlike(run, alike)));
  run.records.flush();
  run.deduplications.flush();
  return outcomes;
}

async function applyAlike(
  run: CommitGroup,
  commands: readonly Command[],
): Promise<readonly Outcome[]> {
  const [first] = commands as [Command];
  const together = togetherOf(first);
  if (together !== undefined) return together(run, commands);
  const one = ONE_BY_ONE[first.kind as OneByOne] as One<Kind>;
  return [await one(run, first)];
}

/** Splits the commands into runs of consecutive ones that are applied together. */
function alikeTogether(commands: readonly Command[]): Command[][] {
  const runs: Command[][] = [];
  let last: string | undefined;
  for (const command of commands) {
    // Acks, nacks and extends are applied together. In one run, either every command may create a
    // missing queue or none may.
    const kind = isSettling(command) ? 'settle' : command.kind;
    const like = `${kind} ${'autoCreate' in command && command.autoCreate}`;
    if (like === last && togetherOf(command) !== undefined)
      (runs.at(-1) as Command[]).push(command);
    else runs.push([command]);
    last = like;
  }
  return runs;
}

async function settleTogether(
  run: CommitGroup,
  commands: readonly SettlingCommand[],
): Promise<readonly Outcome[]> {
  const outcomes = await runSettling(run, commands);
  await run.tx.flushMessages();
  return outcomes;
}

async function applyConsumes(
  run: CommitGroup,
  commands: readonly ConsumeCommand[],
): Promise<readonly Outcome[]> {
  await loadHeld(run, commands);
  await loadHolders(run.tx, commands);
  const outcomes = await runConsumes(run, commands);
  // Messages read before are older than those leased now.
  run.tx.forgetMessages();
  return outcomes;
}

/**
 * Runs the commands together, but creates missing queues in between: whether a queue may be created
 * depends on what the commands before have added.
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
