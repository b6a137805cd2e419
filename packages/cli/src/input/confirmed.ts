import type { Command } from 'commander';
import { CliError, UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session/session.js';

/** What a verb is about to do that cannot be undone. */
export interface Effect {
  /** The id of the call. */
  readonly action: string;
  /** What it is done to: the name of a queue, or an id. */
  readonly target: string;
  /** How many messages, keys or subscriptions are concerned, as far as known. */
  readonly affected: number;
  /** For people, for example `delete the queue "orders" with its 12 messages`. */
  readonly description: string;
}

export interface ConfirmationOptions {
  readonly yes?: true;
  readonly dryRun?: true;
}

export const addConfirmationOptions = (command: Command): Command =>
  command
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('-y, --yes', 'do not ask for a confirmation');

/**
 * Whether to go on, which a dry run does not: asks whoever sits at the terminal, unless `--yes` answers.
 *
 * @throws UsageError if there is nobody to ask
 * @throws CliError if the answer is no
 */
export async function confirmed(
  { out, connection }: Session,
  effect: Effect,
  { yes, dryRun }: ConfirmationOptions,
): Promise<boolean> {
  const { description, ...fields } = effect;
  if (dryRun) {
    await out.record({ dryRun: true, ...fields }, () => `would ${description}`);
    return false;
  }
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`this needs a confirmation: ${description}`, 'Give it with --yes.');
  }
  const { confirm } = await import('@clack/prompts');
  const { asked } = await import('./asked.js');
  const message = `${description.charAt(0).toUpperCase()}${description.slice(1)} on ${connection.url}?`;
  const answer = await asked((signal) =>
    confirm({ message, initialValue: false, output: process.stderr, signal }),
  );
  // A script must not go on as if it were done.
  if (!answer) throw new CliError('nothing was done', undefined, EXIT.declined);
  return true;
}
