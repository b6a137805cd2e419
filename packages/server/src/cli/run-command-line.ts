import { ConfigError } from '../config/config-error.js';
import { COMMANDS, readCommandLine } from './commands.js';
import { explainFailure } from './explain-failure.js';
import { outliveReaders } from './outlive-readers.js';

/** Runs the command that the arguments name. A failure ends the process: 2 for wrong use, else 1. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  outliveReaders();
  try {
    const [name, args] = readCommandLine(argv);
    const { run } = await COMMANDS[name].load();
    await run(args, COMMANDS);
  } catch (error) {
    process.stderr.write(`millrace: ${explainFailure(error as Error)}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}
