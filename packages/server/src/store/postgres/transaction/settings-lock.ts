import type { Command } from '../../../core/commands/commands.js';
import type { Pipeline } from '../driver/pipeline.js';

/** Any number that no other advisory lock has. */
export const SETTINGS_LOCK = 7_165_001;

/**
 * What checks the settings of queues by those that are there: a change of some, a new way for dead
 * letters, and the end of a queue that may be on one.
 */
const checksSettings = (command: Command): boolean =>
  command.kind === 'updateQueue' ||
  command.kind === 'deleteQueue' ||
  ('settings' in command && command.settings.deadLetterQueue != null);

/**
 * Lets one commit group at a time, of all nodes, check and change settings: it is the first lock of its
 * transaction, so that nobody waits for it who holds what its holder needs, and what is read after it
 * is what the one before has committed. Groups that only work on messages never ask for it.
 */
export function lockSettings(pipeline: Pipeline, commands: readonly Command[]): void {
  if (!commands.some(checksSettings)) return;
  pipeline.send(`SELECT pg_advisory_xact_lock(${SETTINGS_LOCK})`);
}
