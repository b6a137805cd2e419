import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { makeProgram } from '#cli/program';
import { isServerCommand } from '#cli/server-commands';
import { BIN, plainEnvironment, runCli, useServer } from './harness/cli-run.js';

const cli = useServer();

describe('the exit code', () => {
  it.each([
    ['of an unknown verb', ['pubilsh'], 2, 'Did you mean publish'],
    ['of help for an unknown verb', ['help', 'pubilsh'], 2, 'Did you mean publish'],
    ['of a missing argument', ['publish'], 2, "missing required argument 'queue'"],
    ['of an unknown option', ['stats', '--fast'], 2, "unknown option '--fast'"],
    ['of a queue name that is none', ['stats', 'a b'], 2, 'a queue name must be'],
    ['of a missing queue', ['purge'], 2, 'unknown command'],
    ['of a wrong argument', ['extend', 'orders', 'id', 'soon'], 2, 'must be a duration'],
    ['of a pause that no timer can wait', ['stats', '--watch', '30d'], 2, 'at most 1d'],
    ['of another one', ['tail', 'orders', '--interval', '30d'], 2, 'at most 1d'],
    ['of a time out of all bounds', ['dlq', 'redrive', 'q', '--since', '99999999d'], 2, 'at most'],
    ['of another one', ['keys', 'create', '--expires', '999999999d'], 2, 'at most 36500d'],
    ['of a queue that is not there', ['queue', 'show', 'none'], 5, 'millrace queue create'],
    ['of a wrong key', ['stats', '--key', 'wrong'], 4, 'MILLRACE_API_KEY'],
    ['of a key that is not there', ['keys', 'revoke', 'x', '--yes'], 5, 'millrace keys list'],
    ['of a context that is not there', ['context', 'show'], 2, 'millrace context use'],
    [
      'of a server that is not there',
      ['stats', '--url', 'http://127.0.0.1:9'],
      3,
      'no answer came from http://127.0.0.1:9',
    ],
    ['of an address that is none', ['stats', '--url', 'here:80'], 2, 'must begin with http://'],
  ])('%s says what is wrong', async (_, args, code, why) => {
    const result = await cli.run(args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(why);
  });

  it('of an address with a path is 3', async () => {
    const { code, stderr } = await cli.run(['stats'], {
      environment: { MILLRACE_URL: `${cli.server.url}/v1` },
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining('without a path')]);
  });

  it('of another program than millrace is 3', async () => {
    const { createServer } = await import('node:http');
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await cli.run(['stats', '--url', `http://127.0.0.1:${port}`]);
    other.close();
    expect([code, stderr]).toEqual([3, expect.stringContaining('is not one of millrace')]);
  });
});

it('an error is one line of JSON with --json, and nothing is on stdout', async () => {
  const { code, stdout, stderr } = await cli.run(['queue', 'show', 'none', '--json']);
  expect([code, stdout]).toEqual([5, '']);
  expect(stderr.split('\n')).toHaveLength(2);
  const { error } = JSON.parse(stderr);
  expect(error).toMatchObject({ code: 'QUEUE_NOT_FOUND', status: 404, hint: expect.any(String) });
  expect(Object.keys(error).sort()).toEqual(
    ['code', 'details', 'hint', 'message', 'request_id', 'status'].sort(),
  );
});

it('a command line that cannot be read is such a line too', async () => {
  const { code, stdout, stderr } = await cli.run(['queue', 'craete', 'orders', '--json']);
  expect([code, stdout]).toEqual([2, '']);
  expect(JSON.parse(stderr).error).toEqual({
    code: 'WRONG_USE',
    message: "unknown command 'craete'",
    hint: 'Did you mean create? See --help.',
  });
});

it.each([
  [
    ['publish', 'QUEUE', '1', '--priority', '12'],
    /^millrace: --priority must be <= 9\n {2}See --help.\n$/,
  ],
  [
    ['publish', 'QUEUE', '1', '--delay=36000d'],
    /^millrace: --delay must be [^\n]*\n {2}See --help.\n$/,
  ],
  [['extend', 'QUEUE', 'id', '36000d'], /^millrace: the duration must be /],
  [['stats', '--timeout', '0'], /--timeout.*It must be at least 1ms/],
])('the refusal of %j names what was typed, once', async (args, text) => {
  const name = await cli.newQueue();
  const { code, stderr } = await cli.run(args.map((word) => word.replace('QUEUE', name)));
  expect(code).toBe(2);
  expect(stderr).toMatch(text);
});

it('a refused field has its name in JSON', async () => {
  const name = await cli.newQueue();
  const { stderr } = await cli.run(['publish', name, '1', '--delay', '36000d', '--json']);
  expect(JSON.parse(stderr).error.details[0].path).toBe('/delay_seconds');
});

describe('output that nobody reads', () => {
  it.each([
    [['--help'], 0],
    [['help', 'publish'], 0],
    [['completion', 'bash'], 0],
    [['complete', '--', 'queue', ''], 0],
    [['--version'], 0],
    [['queue', 'list'], 0],
    [['stats', '--watch'], 0],
    [['check', 'none'], 3],
  ] as const)('ends %j quietly, with %i', async (args, code) => {
    const run = cli.start(...args);
    run.closeOutput();
    expect([await run.ended(), run.stderr()]).toEqual([code, '']);
  });

  const FULL = ['queue list', '--help', 'help publish', '--version', 'completion bash'];
  it.runIf(existsSync('/dev/full')).each(FULL)('%s is a failure on a full disk', (verb) => {
    const line = `'${process.execPath}' '${BIN}' ${verb} > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', line], {
      env: { ...plainEnvironment(), ...cli.environment },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^millrace: the output cannot be written: ENOSPC.*\n$/);
  });
});

/** The verbs of a noun, or the verb itself. */
const verbsIn = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(verbsIn);

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('help', () => {
  it('has an example for each verb, and every verb takes --json', async () => {
    const verbs = makeProgram()
      .commands.filter((command) => !isServerCommand(command.name()))
      .flatMap(verbsIn);
    expect(verbs.length).toBeGreaterThan(35);
    for (const verb of verbs) {
      const help = helpOf(verb);
      const [, words = ''] = /^Usage: (millrace [a-z ]*[a-z])/.exec(help) ?? [];
      expect(help, words).toContain(`Examples:\n  ${words}`);
      if (verb.name() !== 'completion') expect(help, words).toContain('--json');
    }
  });

  it('is shown without arguments, and lists the exit codes', async () => {
    const { stdout, stderr } = await runCli([]);
    expect(stdout + stderr).toMatch(/Exit codes:\n {2}0 {2}done/);
  });
});
