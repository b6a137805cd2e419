import { type Millrace, MillraceError } from '@millrace/client';
import { UsageError } from '../../errors.js';
import { EXIT, exitCodeOf } from '../../exit-codes.js';
import { printable } from '../../output/printable.js';
import type { Session } from '../../session/session.js';
import { type CheckFlags, type Finding, judge, type State } from './thresholds.js';

const STATES: readonly State[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];
/** The worst one counts, and what cannot be known is worse than a warning. */
const SEVERITY: readonly State[] = ['OK', 'WARNING', 'UNKNOWN', 'CRITICAL'];

/** Checks the queues, prints one line, and sets the exit code of a monitoring plugin. */
export async function check(
  session: Session,
  names: readonly string[],
  flags: CheckFlags,
): Promise<void> {
  const findings = await findingsOf(session, names, flags);
  const worst = Math.max(...findings.map(({ state }) => SEVERITY.indexOf(state)));
  const state = SEVERITY[worst] as State;
  process.exitCode = STATES.indexOf(state);
  if (session.out.isJson) {
    for (const finding of findings) await session.out.json(finding);
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
  let client: Millrace;
  try {
    client = await session.client();
  } catch (error) {
    return names.map((name) => failed(name, error));
  }
  return Promise.all(names.map((name) => findingOf(client, name, flags, names.length > 1)));
}

async function findingOf(
  client: Millrace,
  name: string,
  flags: CheckFlags,
  isOneOfMany: boolean,
): Promise<Finding> {
  try {
    return judge(await client.queue(name).stats(), flags, isOneOfMany);
  } catch (error) {
    return failed(name, error);
  }
}

/**
 * A server that cannot be reached is a fault of what is watched; the rest is one of the check, also an
 * address where another program answers.
 */
function failed(queue: string, error: unknown): Finding {
  const isKnown = error instanceof MillraceError || error instanceof UsageError;
  if (!isKnown) throw error;
  const code = error instanceof MillraceError ? exitCodeOf(error.code, error.status) : undefined;
  const state = code === EXIT.notReachable && !isOfOther(error) ? 'CRITICAL' : 'UNKNOWN';
  return { queue, state, problems: [error.message], summary: '', measures: [] };
}

/** Whether another program has answered with success; an error may come from a proxy. */
const isOfOther = (error: Error): boolean =>
  error instanceof MillraceError && error.code === 'UNEXPECTED_ANSWER' && (error.status ?? 0) < 300;
