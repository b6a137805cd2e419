import { CommanderError } from 'commander';
import { ReaderGone } from './errors.js';
import { EXIT } from './exit-codes.js';
import { report } from './report.js';

/** Runs a verb and sets the exit code. Failures are told on stderr. */
export async function run(args: readonly string[]): Promise<void> {
  const { makeProgram } = await import('./program.js');
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOfFailure(error, args.includes('--json'));
  }
}

function exitCodeOfFailure(error: unknown, asJson: boolean): number {
  if (error instanceof ReaderGone) return EXIT.ok;
  // Commander has already said what is wrong, or has printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
  return report(error, asJson);
}
