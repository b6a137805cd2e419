import type { Command } from '../../../core/commands/commands.js';
import type { Pipeline } from '../driver/pipeline.js';

/** Any number that no other advisory lock uses. */
export const SETTINGS_LOCK = 7_165_001;

/**
 * Commands that check settings against those of other queues: a change of settings, a new path for dead
 * letters, and the deletion of a queue that may be on one.
 */
const checksSettings = (command: Command): boolean =>
  command.kind === 'updateQueue' ||
  command.kind === 'deleteQueue' ||
  ('settings' in command && command.settings.deadLetterQueue != null);

/**
 * Lets only one commit group at a time, across all nodes, check and change settings. It is the first
 * lock of its transaction, so no transaction that waits for it has locked anything that its holder
 * needs, and reads after it see what the previous holder committed. Commit groups that only work on
 * messages never take it.
 */
export function lockSettings(pipeline: Pipeline, commands: readonly Command[]): void {
  if (!commands.some(checksSettings)) return;
  pipeline.send(`SELECT pg_advisory_xact_lock(${SETTINGS_LOCK})`);
}
