import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandRun } from '../../server/test/command-line/command-run.js';
import { BIN, useServer } from './harness/cli-run.js';

const PSEUDO_TERMINAL = fileURLToPath(
  new URL('../../server/test/command-line/pseudo-terminal.py', import.meta.url),
);
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ESCAPE = '\x1b';
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const SHOW_CURSOR = `${ESCAPE}[?25h`;

const cli = useServer();
const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0;
const why = hasTerminals ? '' : ' (skipped: it takes python3 with the module pty)';

let run: CommandRun | undefined;
afterEach(() => run?.kill());

/** A terminal of a usual size; what is to run in it comes as arguments. */
const TERMINAL = `unset NO_COLOR FORCE_COLOR; exec python3 '${PSEUDO_TERMINAL}' \
  sh -c 'stty cols 120 rows 30; exec env "$@"' sh "$@"`;

/** Runs a program in a terminal. The first arguments may be variables: NAME=VALUE. */
function inTerminal(...args: readonly string[]): CommandRun {
  run = new CommandRun(args, {
    program: ['sh', '-c', TERMINAL, 'sh'],
    environment: { ...cli.environment, TERM: 'xterm' },
  });
  return run;
}

const verb = (...args: readonly string[]): CommandRun => inTerminal(process.execPath, BIN, ...args);

async function outputOf(started: CommandRun): Promise<string> {
  await started.ended();
  return started.stdout;
}

const withoutColours = (...args: readonly string[]): Promise<string> =>
  outputOf(inTerminal('NO_COLOR=1', process.execPath, BIN, ...args));

describe.skipIf(!hasTerminals)(`in a terminal${why}`, () => {
  it('a message is in colour, unless NO_COLOR is set', async () => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publishBatch([{ payload: 1 }, { payload: 2 }]);
    expect(await outputOf(verb('consume', name))).toContain(`${ESCAPE}[2mmessage_id=`);
    expect(await withoutColours('consume', name)).not.toContain(ESCAPE);
  });

  it('control characters of others are shown, not written', async () => {
    const name = await cli.newQueue({ maxRetries: 9 });
    const queue = cli.server.millrace.queue(name);
    // U+009B does in some terminals what ESC and [ do, and JSON may have it as it is.
    await queue.publish('\u009b2J\u202e\u001b[2J', { headers: { 'x-\u009b': 'y' } });
    const [message] = (await queue.consume()).messages;
    if (message) await queue.nack(message, { error: `${ESCAPE}[31m\u009b31m` });
    const verbs = [
      ['peek', name],
      ['peek', name, '--json'],
      ['message', name, message?.messageId ?? ''],
      ['consume', name, '--payload', '--visibility-timeout', '1s'],
      ['consume', name, '--wait', '5s'],
    ];
    for (const args of verbs) {
      const text = await withoutColours(...args);
      expect(text, args.join(' ')).toContain('\\u009b2J\\u202e\\u001b[2J');
      for (const character of ['\u009b', '\u202e', ESCAPE]) expect(text).not.toContain(character);
    }
  });

  it.each([
    ['y\r', 'the queue'],
    ['n\r', 'nothing was done'],
    ['\r', 'nothing was done'],
  ])('what destroys asks, and the answer %j leads to: %s', async (answer, result) => {
    const name = await cli.newQueue();
    const started = verb('queue', 'delete', name);
    await started.says(/Yes[\s\S]*No/);
    expect(started.stdout).toMatch(
      new RegExp(`Delete the queue ${name} .* on ${cli.server.url}\\?`),
    );
    started.type(answer);
    await started.ended();
    expect(started.stdout).toContain(result);
    const code = answer.startsWith('y') ? 0 : 130;
    expect(started.stdout).toMatch(new RegExp(`ended with ${code}\\n$`));
    const names = await cli.server.millrace.queues.list({ prefix: name }).toArray();
    expect(names).toHaveLength(answer.startsWith('y') ? 0 : 1);
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('%s at a question does nothing and ends with 130', async (_, key) => {
    const name = await cli.newQueue();
    const started = verb('queue', 'delete', name);
    await started.says(/Yes[\s\S]*No/);
    started.type(key);
    await started.ended();
    expect(started.stdout).toMatch(/millrace: ended by SIGINT\s+ended with 130\n$/);
    expect(started.stdout).not.toContain('Error');
    expect(started.stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
      started.stdout.lastIndexOf(HIDE_CURSOR),
    );
    expect((await cli.run(['queue', 'show', name])).code).toBe(0);
  });

  it('Ctrl-D at the question for a key ends with 130', async () => {
    const started = verb('context', 'add', 'unanswered', '--url', cli.server.url);
    await started.says(/API key for/);
    started.type(CTRL_D);
    await started.ended();
    expect(started.stdout).toMatch(/millrace: ended by SIGINT\s+ended with 130\n$/);
    expect(await cli.output('context', 'list')).not.toContain('unanswered');
  });

  it('a key that is asked for is not shown', async () => {
    const started = verb('context', 'add', 'typed', '--url', cli.server.url);
    await started.says(/API key for/);
    started.type('ifr_secret\r');
    await started.ended();
    expect(started.stdout).toContain('the context typed is stored');
    expect(started.stdout).not.toContain('ifr_secret');
    await cli.output('context', 'remove', 'typed');
  });

  it('a secret that is asked for is not shown', async () => {
    const name = await cli.newQueue();
    const url = 'http://127.0.0.1:9/hook';
    const started = verb('push', 'subscribe', name, url, '--secret', '-');
    await started.says(/Secret that signs/);
    started.type('a_secret_of_twenty_bytes\r');
    await started.ended();
    expect(started.stdout).toMatch(/signed +true/);
    expect(started.stdout).not.toContain('a_secret');
  });

  it('stats --watch shows a live table until Ctrl-C', async () => {
    const name = await cli.newQueue();
    const started = verb('stats', name, '--watch', '200ms');
    await started.says(new RegExp(`AVAILABLE[\\s\\S]*${name} +0 `));
    await cli.server.millrace.queue(name).publish(1);
    await started.says(new RegExp(`${name} +1 `));
    started.type(CTRL_C);
    await started.ended();
    expect(started.stdout).toMatch(/ended with 0\n$/);
  });

  it('publish without a payload says what to give instead of waiting', async () => {
    const text = await outputOf(verb('publish', await cli.newQueue()));
    expect(text).toMatch(/there is no payload[\s\S]*ended with 2\n$/);
  });

  it('publish of a file shows its progress', async () => {
    const name = await cli.newQueue();
    const path = join(cli.folder, 'lines');
    writeFileSync(path, '{"n":1}\n'.repeat(2_000));
    const command = `'${process.execPath}' '${BIN}' publish ${name} < '${path}'`;
    const text = await outputOf(inTerminal('sh', '-c', command));
    expect(text).toMatch(/\[=*-*\] \d+ %, \d+ messages/);
    expect(text).toContain(`2000 messages published to ${name}`);
  });
});
