import { CommanderError } from 'commander';
import { ReaderGone, UsageError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { withoutHelpVerb } from './help-verb.js';
import { printable } from './output/printable.js';
import { makeProgram } from './program.js';

/** To a monitoring system, a check that could not be made is UNKNOWN. */
const CHECK_UNKNOWN = 3;

const isCheck = (args: readonly string[]): boolean => args[0] === 'check';

/** Runs a verb and sets the exit code. Failures are told on stderr. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    const program = makeProgram();
    await program.parseAsync(withoutHelpVerb(program, args), { from: 'user' });
  } catch (error) {
    const exitCode = await exitCodeOfFailure(error, args);
    process.exitCode = isCheck(args) && exitCode !== EXIT.ok ? CHECK_UNKNOWN : exitCode;
    if (exitCode > SIGNALS_FROM) await endNow();
  }
}

/** Codes above it say that a signal ended the verb. */
const SIGNALS_FROM = 128;

/** A call under way that takes no signal would otherwise keep the process for a minute. */
async function endNow(): Promise<void> {
  const drained = [process.stdout, process.stderr].map(
    (stream) => new Promise<unknown>((resolve) => stream.write('', resolve)),
  );
  await Promise.all(drained);
  process.exit();
}

async function exitCodeOfFailure(error: unknown, args: readonly string[]): Promise<number> {
  // What the verb has found out until then counts: a check may have set another code.
  if (error instanceof ReaderGone) return Number(process.exitCode ?? EXIT.ok);
  if (error instanceof CommanderError && HELP_SHOWN.has(error.code)) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
  }
  const { report } = await import('./report.js');
  const failure = error instanceof CommanderError ? usageErrorOf(error) : (error as Error);
  const asJson = args.includes('--json');
  if (isCheck(args)) tellUnknown(failure.message, asJson);
  return report(failure, args, asJson);
}

/** Monitoring systems read stdout. */
function tellUnknown(problem: string, asJson: boolean): void {
  const finding = { state: 'UNKNOWN', problems: [problem], summary: '', measures: [] };
  const text = asJson ? JSON.stringify(finding) : `MILLRACE UNKNOWN - ${problem}`;
  process.stdout.write(`${printable(text)}\n`);
}

/** Commander has printed what was asked for, or the help of a noun that was given without a verb. */
const HELP_SHOWN = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

/** Commander's message may have a second line: `(Did you mean publish?)`. */
function usageErrorOf({ message }: CommanderError): UsageError {
  const [what = '', ...suggestions] = message.replace(/^error: /, '').split('\n');
  const hints = suggestions.map((line) => line.replace(/^\((.*)\)$/, '$1'));
  return new UsageError(what, [...hints, 'See --help.'].join(' '));
}
