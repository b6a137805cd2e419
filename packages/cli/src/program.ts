import { Command } from 'commander';
import { EXIT_CODES_HELP } from './exit-codes.js';
import { SERVER_COMMANDS } from './server-commands.js';
import { addAudit } from './verbs/account/audit.js';
import { addKeyVerbs } from './verbs/account/keys.js';
import { addCompletion } from './verbs/local/completion.js';
import { addContextVerbs } from './verbs/local/context.js';
import { addConsume } from './verbs/messages/consume.js';
import { addDeadLetterVerbs } from './verbs/messages/dead-letters.js';
import { addLooks } from './verbs/messages/look.js';
import { addPublish } from './verbs/messages/publish.js';
import { addSettling } from './verbs/messages/settle.js';
import { addTail } from './verbs/messages/tail.js';
import { addBench } from './verbs/monitoring/bench.js';
import { addCheck } from './verbs/monitoring/check.js';
import { addHistory } from './verbs/monitoring/history.js';
import { addStats } from './verbs/monitoring/stats.js';
import { addPushVerbs } from './verbs/push/push.js';
import { addSubscriptionVerbs } from './verbs/push/subscription.js';
import { addQueueVerbs } from './verbs/queues/queue.js';
import { addQueueRemoval } from './verbs/queues/queue-removal.js';
import { version } from './version.js';

/** The tree of all verbs. What a verb needs beside its texts is loaded when it runs. */
export function makeProgram(): Command {
  const program = new Command('millrace')
    .description('A message queue over plain HTTP: its server and its command line.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [verb]', 'print help for a verb')
    .exitOverride()
    // What is wrong is told as all errors are, with --json as JSON.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', `\n${SETTINGS_HELP}\n\n${EXIT_CODES_HELP}`);
  addMessageVerbs(program.commandsGroup('Messages:'));
  addQueues(program.commandsGroup('Queues:'));
  addMonitoring(program.commandsGroup('Monitoring:'));
  addAdministration(program.commandsGroup('Administration:'));
  addServer(program.commandsGroup('Server:'));
  return program;
}

const SETTINGS_HELP = `The server and its key are taken from --url and --key, then from --context, then from
MILLRACE_URL and MILLRACE_API_KEY, then from MILLRACE_CONTEXT, then from the current context
(millrace context use). Without any of them it is the server that "millrace dev" starts.`;

function addMessageVerbs(program: Command): void {
  addPublish(program);
  addConsume(program);
  addTail(program);
  addLooks(program);
  addSettling(program);
  addDeadLetterVerbs(noun(program, 'dlq', 'list, redrive or purge dead letters'));
}

function addQueues(program: Command): void {
  const queue = noun(program, 'queue', 'create, list, show, update, purge or delete queues');
  addQueueVerbs(queue);
  addQueueRemoval(queue);
  const push = noun(program, 'push', 'have messages posted to a url');
  addPushVerbs(push);
  addSubscriptionVerbs(push);
}

function addMonitoring(program: Command): void {
  addStats(program);
  addHistory(program);
  addCheck(program);
  addBench(program);
}

function addAdministration(program: Command): void {
  addKeyVerbs(noun(program, 'keys', 'create, list or revoke API keys'));
  addAudit(program);
  addContextVerbs(noun(program, 'context', 'store servers and their keys under names'));
  addCompletion(program);
}

/** These are run before commander is loaded; here they are for the help and the completion. */
function addServer(program: Command): void {
  for (const [name, summary] of Object.entries(SERVER_COMMANDS)) {
    const command = program.command(name).summary(summary).usage('[flags]').helpOption(false);
    if (name === 'dev') addClock(command);
  }
}

function addClock(dev: Command): void {
  const clock = dev.helpCommand(false).command('clock').helpCommand(false);
  clock.summary('shows or advances the clock of a dev server').helpOption(false);
  clock.command('show').summary('shows the clock').helpOption(false);
  clock.command('advance').summary('lets time pass at once').helpOption(false);
}

const noun = (program: Command, name: string, summary: string): Command =>
  program.command(name).summary(summary).description(`Use it to ${summary}.`);
