import { CommanderError } from 'commander';
import { ReaderGone } from './errors.js';
import { EXIT } from './exit-codes.js';
import { makeProgram } from './program.js';

/** To a monitoring system, a check that could not be made is UNKNOWN. */
const CHECK_UNKNOWN = 3;

/** Runs a verb and sets the exit code. Failures are told on stderr. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    const exitCode = await exitCodeOfFailure(error, args.includes('--json'));
    const isCheck = args[0] === 'check' && exitCode !== EXIT.ok;
    process.exitCode = isCheck ? CHECK_UNKNOWN : exitCode;
  }
}

async function exitCodeOfFailure(error: unknown, asJson: boolean): Promise<number> {
  if (error instanceof ReaderGone) return EXIT.ok;
  // Commander has already said what is wrong, or has printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
  const { report } = await import('./report.js');
  return report(error, asJson);
}
