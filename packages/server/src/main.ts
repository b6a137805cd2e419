#!/usr/bin/env node
import { COMMANDS, readCommandLine } from './cli/commands.js';
import { explainFailure } from './cli/explain-failure.js';
import { outliveReaders, say } from './cli/say.js';
import { ConfigError } from './config/config-error.js';

outliveReaders();
try {
  const [name, args] = readCommandLine(process.argv.slice(2));
  const { run } = await COMMANDS[name].load();
  await run(args, { say, commands: COMMANDS });
} catch (error) {
  say(explainFailure(error as Error));
  process.exit(error instanceof ConfigError ? 2 : 1);
}
