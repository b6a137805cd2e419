/** `npm run demo`: a server with queues in which something happens, to look at in the console. */
import { parseArgs } from 'node:util';
import { type RunningMillrace, startMillrace } from '@millrace/client/testing';
import { type Scene, Stage } from './stage.js';
import { TROUBLE } from './trouble.js';
import { USUAL } from './usual.js';

const HELP = `npm run demo -- [--trouble] [--port PORT]

Starts a server whose data nobody keeps, with queues in which something happens.
Ctrl-C ends all of it.

  --trouble     adds ${TROUBLE.length} queues in trouble; demo/trouble.ts tells what is wrong with them
  --port PORT   the port of the server; by default any free one
`;

interface Options {
  readonly trouble: boolean;
  readonly port: string;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      trouble: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (!values.help) return values;
  process.stdout.write(HELP);
  return undefined;
}

async function run({ trouble, port }: Options): Promise<void> {
  const server = await startMillrace({ flags: ['--port', port] });
  const stage = new Stage(server.millrace);
  endOnSignal(stage, server);
  try {
    for (const { play } of trouble ? [...USUAL, ...TROUBLE] : USUAL) await play(stage);
  } catch (error) {
    await server.stop();
    throw error;
  }
  process.stdout.write(greeting(server, trouble));
}

/** The server gets the signal of a terminal too. Its data is gone, so nothing has to be finished. */
function endOnSignal(stage: Stage, server: RunningMillrace): void {
  const end = async (): Promise<void> => {
    stage.end();
    await server.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
}

function greeting({ url, apiKey }: RunningMillrace, trouble: boolean): string {
  const names = TROUBLE.map(({ queue }) => queue).join(', ');
  const more = trouble ? `\nIn trouble: ${names}. Find out why, and mend them.\n` : '';
  return `
console   ${url}/console
API key   ${apiKey}

${USUAL.map(lineOf).join('\n')}
${more}
Ctrl-C ends the demo.
`;
}

const lineOf = ({ queue, about }: Scene): string => `${queue.padEnd(10)}${about}`;

try {
  const options = readOptions();
  if (options !== undefined) await run(options);
} catch (error) {
  console.error(`demo: ${(error as Error).message}`);
  process.exit(1);
}
