import { Command } from 'commander';
import { EXIT_CODES_HELP } from './exit-codes.js';
import { SERVER_COMMANDS } from './server-commands.js';
import { addQueueVerbs } from './verbs/queue.js';
import { version } from './version.js';

/** The tree of all verbs. What a verb needs beside its texts is loaded when it runs. */
export function makeProgram(): Command {
  const program = new Command('millrace')
    .description('A message queue over plain HTTP: its server and its command line.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [verb]', 'print help for a verb')
    .exitOverride()
    .showHelpAfterError('See --help.')
    .addHelpText('after', `\n${EXIT_CODES_HELP}`);
  addQueueVerbs(program);
  for (const [name, summary] of Object.entries(SERVER_COMMANDS)) {
    // These are run before commander is loaded; here they are for the help and the completion.
    program.command(name).summary(summary).allowUnknownOption().helpOption(false);
  }
  return program;
}
