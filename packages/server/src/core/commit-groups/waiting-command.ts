import type { Command, Outcome } from '../commands/commands.js';
import { isSettling } from '../commands/settling-commands.js';
import { causeOf } from '../fault.js';
import type { Access } from '../keys/caller.js';
import { refuse, unauthenticated } from '../refusal.js';
import type { CommitGroupFacts, Store } from '../store/store.js';

/** A command that waits for its commit group, or for its outcome. */
export interface WaitingCommand {
  readonly command: Command;
  readonly project: string;
  readonly bytes: number;
  readonly access: Access;
  readonly resolve: (outcome: Outcome) => void;
}

/** Refuses a command whose caller's key has ended. @returns whether the caller may still act */
export function mayAct({ access, resolve }: WaitingCommand): boolean {
  if (!access.ended()) return true;
  resolve(unauthenticated());
  return false;
}

/**
 * The order within a commit group. No command has seen another's answer, so any order is fair. With this
 * one a store can apply commands of one kind together, settling makes room for publishes, and a consume
 * finds messages that were published in the same commit group.
 */
const ORDER: { readonly [K in Command['kind']]?: number } = {
  settleDue: 0,
  expire: 0,
  deadLetterJob: 3,
  stepJob: 3,
  publish: 4,
  consume: 5,
  sealPush: 6,
  sweepDiscarded: 6,
  recordPushes: 6,
  recordAudit: 6,
  recordKeyUse: 6,
  recordConsumers: 6,
};
const ADMINISTRATION = 1;
const SETTLING = 2;

const orderOf = (command: Command): number =>
  isSettling(command) ? SETTLING : (ORDER[command.kind] ?? ADMINISTRATION);

/** Applies the commands as one commit group. It never rejects. */
export async function applyTogether(
  store: Pick<Store, 'apply'>,
  entries: WaitingCommand[],
  facts?: CommitGroupFacts,
): Promise<Outcome[]> {
  entries.sort((a, b) => orderOf(a.command) - orderOf(b.command));
  const commands = entries.map((entry) => entry.command);
  try {
    return await store.apply(commands, facts);
  } catch (error) {
    // A store that rejects has lost the answer of its commit: only a retry can show the outcome.
    const refusal = refuse('OUTCOME_UNKNOWN', 'The answer of the commit was lost.', {
      hint: 'Retry with the same idempotency key so that nothing is done twice.',
      fault: { cause: causeOf(error) },
    });
    return entries.map(() => refusal);
  }
}

export const isHeldUp = (outcome: Outcome): boolean => !outcome.ok && outcome.heldUp === true;

/** The commands that have met a lock. */
export const heldUpOf = (
  entries: readonly WaitingCommand[],
  outcomes: readonly Outcome[],
): WaitingCommand[] => entries.filter((_, index) => isHeldUp(outcomes[index] as Outcome));

/** Roughly the memory and the cost of a command, which limit a commit group. */
const COMMAND_BYTES = 256;
const ENTRY_BYTES = 256;
/** A step of a redrive moves hundreds of messages, so a few of them fill a commit group. */
const JOB_STEP_BYTES = 1024 * 1024;
/** Settings are written one queue after the other, with several statements each. */
const ADMINISTRATION_BYTES = 128 * 1024;

export function commandBytes(command: Command): number {
  if (command.kind === 'stepJob') return JOB_STEP_BYTES;
  if (command.kind === 'deadLetterJob') {
    return command.messageId === null ? JOB_STEP_BYTES : COMMAND_BYTES;
  }
  if (orderOf(command) === ADMINISTRATION) return ADMINISTRATION_BYTES;
  let bytes = COMMAND_BYTES;
  if (command.kind === 'publish') {
    for (const { payload, headers } of command.messages) {
      bytes += ENTRY_BYTES + payload.length + (headers?.length ?? 0);
    }
  } else if (command.kind === 'ack') {
    bytes += ENTRY_BYTES * command.entries.length;
  } else if (command.kind === 'nack') {
    for (const { error } of command.entries) bytes += ENTRY_BYTES + (error?.length ?? 0);
  }
  return bytes;
}
