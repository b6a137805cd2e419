import { MillraceError, type QueueStats } from '@millrace/client';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { EXIT, exitCodeOf } from '../../exit-codes.js';
import { duration, wholeNumber } from '../../input/option-values.js';
import { jsonLine } from '../../output/json-line.js';
import { printable } from '../../output/printable.js';
import type { Session } from '../../session/session.js';
import { addVerb, runsOnServer } from '../verb.js';
import { type CheckFlags, type Finding, judge, type State } from './thresholds.js';

const STATES: readonly State[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];
/** The worst one counts, and what cannot be known is worse than a warning. */
const SEVERITY: readonly State[] = ['OK', 'WARNING', 'UNKNOWN', 'CRITICAL'];

export function addCheck(program: Command): void {
  const command = addVerb(program, {
    usage: 'check <queues...>',
    summary: 'checks queues for monitoring',
    details:
      'It prints one line, and exits as plugins of Nagios do: 0 OK, 1 WARNING (over a --warn limit), ' +
      '2 CRITICAL (over a --max limit, or the server cannot be reached), 3 UNKNOWN (no such queue, key ' +
      'refused, wrong use).',
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
  runsOnServer<[string[]], CheckFlags>(command, check);
}

async function check(session: Session, [names]: [string[]], flags: CheckFlags): Promise<void> {
  const findings = await findingsOf(session, names, flags);
  const worst = Math.max(...findings.map(({ state }) => SEVERITY.indexOf(state)));
  const state = SEVERITY[worst] as State;
  process.exitCode = STATES.indexOf(state);
  if (session.out.isJson) {
    for (const finding of findings) await session.out.write(jsonLine(finding));
    return;
  }
  const texts = findings.map(({ queue, problems, summary }) =>
    [queue, problems.length > 0 ? problems.join(', ') : summary].join(': '),
  );
  const measures = findings.flatMap(({ measures }) => measures).join(' ');
  const performance = measures === '' ? '' : ` | ${measures}`;
  await session.out.write(printable(`MILLRACE ${state} - ${texts.join('; ')}${performance}`));
}

async function findingsOf(
  session: Session,
  names: readonly string[],
  flags: CheckFlags,
): Promise<Finding[]> {
  try {
    const client = await session.client();
    return await Promise.all(
      names.map(async (name) => {
        const queue = client.queue(name);
        return queue.stats().then(
          (stats: QueueStats) => judge(stats, flags, names.length > 1),
          (error: unknown) => failed(name, error),
        );
      }),
    );
  } catch (error) {
    return names.map((name) => failed(name, error));
  }
}

/** A server that cannot be reached is a fault of what is watched; the rest is one of the check. */
function failed(queue: string, error: unknown): Finding {
  const isKnown = error instanceof MillraceError || error instanceof UsageError;
  if (!isKnown) throw error;
  const code = error instanceof MillraceError ? exitCodeOf(error.code, error.status) : undefined;
  const state = code === EXIT.notReachable ? 'CRITICAL' : 'UNKNOWN';
  return { queue, state, problems: [error.message], summary: '', measures: [] };
}
