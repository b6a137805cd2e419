import { ConfigError } from '../config/config-error.js';
import { COMMANDS, readCommandLine } from './commands.js';
import { explainFailure } from './process/explain-failure.js';
import { NotReachable } from './process/not-reachable.js';
import { outliveReaders } from './process/outlive-readers.js';

/** Runs the command that the arguments name. A failure ends the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  outliveReaders();
  try {
    const [name, args] = readCommandLine(argv);
    const { run } = await COMMANDS[name].load();
    await run(args, COMMANDS);
  } catch (error) {
    process.stderr.write(`millrace: ${explainFailure(error as Error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** The codes are those of docs/cli.md. */
function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return 2;
  return error instanceof NotReachable ? 3 : 1;
}
