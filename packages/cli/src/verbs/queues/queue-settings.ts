import { type Command, Option } from 'commander';
import { duration, wholeNumber } from '../../input/option-values.js';

/** The settings that `create` and `update` have in common; the defaults are those of a new queue. */
export const addQueueSettings = (command: Command): Command =>
  command
    .option('--max-retries <n>', 'nacks after the first before a dead letter (3)', wholeNumber)
    .option('--max-expired-leases <n>', 'the same for leases that ran out', wholeNumber)
    .option('--visibility-timeout-default <duration>', 'the lease of a message (30s)', duration)
    .option('--message-retention-days <n>', 'days that a message is kept (7)', wholeNumber)
    .option('--dead-letter-queue <queue>', 'an existing queue for the dead letters')
    .option('--enable-priority', 'whether priorities order the messages');

export const typeOption = (): Option =>
  new Option('--type <type>', 'fifo keeps strict order within message groups (standard)').choices([
    'standard',
    'fifo',
  ]);
