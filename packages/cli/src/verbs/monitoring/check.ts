import type { Command } from 'commander';
import { duration, wholeNumber } from '../../input/option-values.js';
import { addVerb, runsOnServer } from '../verb.js';
import type { CheckFlags } from './thresholds.js';

export function addCheck(program: Command): void {
  const command = addVerb(program, {
    usage: 'check <queues...>',
    summary: 'checks queues for monitoring',
    details:
      'It prints one line, and exits as plugins of Nagios do: 0 OK, 1 WARNING (over a --warn limit), ' +
      '2 CRITICAL (over a --max limit, or the server cannot be reached), 3 UNKNOWN (no such queue, key ' +
      'refused, something else answers, wrong use).',
    examples: [
      'check orders --max-depth 1000 --max-age 5m --max-dead-letters 0',
      'check orders --warn-depth 500 --max-depth 1000',
      'check orders mails --no-fetch-for 10m',
    ],
  })
    .option('--max-depth <n>', 'messages, leased and delayed ones included', wholeNumber)
    .option('--warn-depth <n>', 'the same for a warning', wholeNumber)
    .option('--max-age <duration>', 'since the oldest message became available', duration)
    .option('--warn-age <duration>', 'the same for a warning', duration)
    .option('--max-dead-letters <n>', 'dead letters that came from the queue', wholeNumber)
    .option('--warn-dead-letters <n>', 'the same for a warning', wholeNumber)
    .option('--no-fetch-for <duration>', 'critical if nobody has fetched for so long', duration);
  runsOnServer<[string[]], CheckFlags>(command, async (session, [names], flags) => {
    const { check } = await import('./check-run.js');
    await check(session, names, flags);
  });
}
