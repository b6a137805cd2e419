#!/usr/bin/env node
import { COMMANDS, readCommandLine } from './cli/commands.js';
import { explainFailure } from './cli/explain-failure.js';
import { outliveReaders } from './cli/outlive-readers.js';
import { ConfigError } from './config/config-error.js';

outliveReaders();
try {
  const [name, args] = readCommandLine(process.argv.slice(2));
  const { run } = await COMMANDS[name].load();
  await run(args, COMMANDS);
} catch (error) {
  process.stderr.write(`millrace: ${explainFailure(error as Error)}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
