import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BIN, plainEnvironment, useServer } from './harness/cli-run.js';

const cli = useServer();

let environment: Record<string, string>;
beforeAll(async () => {
  const bin = join(cli.folder, 'bin');
  mkdirSync(bin);
  symlinkSync(BIN, join(bin, 'millrace'));
  const plain = plainEnvironment();
  environment = { ...plain, ...cli.environment, PATH: `${bin}:${plain.PATH}`, TERM: 'dumb' };
  await cli.output('queue', 'create', 'orders');
  const { url, apiKey } = cli.server;
  await cli.output('context', 'add', 'stored', '--url', url, '--key', apiKey);
});

const shell = (program: string, ...args: string[]): string => {
  const { stdout, stderr } = spawnSync(program, args, { env: environment, encoding: 'utf8' });
  return stdout + stderr;
};
const has = (program: string): boolean => spawnSync(program, ['-c', 'exit 0']).status === 0;

/** The typed words, the last one unfinished, and what they can become. */
const CASES: readonly [words: readonly string[], becomes: readonly string[]][] = [
  [['que'], ['queue']],
  [['queue', 'cr'], ['create']],
  [
    ['queue', 'create', 'x', '--type', ''],
    ['fifo', 'standard'],
  ],
  [['peek', '--state', 'l'], ['leased']],
  [['queue', 'update', '--max-r'], ['--max-retries']],
  [['publish', 'or'], ['orders']],
  [['completion', 'z'], ['zsh']],
  [['context', 'use', ''], ['stored']],
  [['context', 'add', ''], []],
  [['stats', '--context', ''], ['stored']],
  [['dev', ''], ['clock']],
  [
    ['dev', 'clock', ''],
    ['advance', 'show'],
  ],
  [['queue', 'create', 'x', '--dead-letter-queue', ''], ['orders']],
  [['stats', '--watch', 'or'], []],
  [['stats', '--watch', '--payl'], []],
  [['stats', '--watch', '--js'], ['--json']],
  [['stats', '--watch', '5s', 'or'], ['orders']],
  [['publish', '$(touch evil)', ''], []],
];

/** On a slow machine a server may answer later than a completion waits, so it is tried again. */
const PATIENCE = { timeout: 30_000 };

const wordsOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0])
    .sort();

describe('complete', () => {
  it.each(CASES)('%j can become %j', async (words, becomes) => {
    await vi.waitFor(async () => {
      expect(wordsOf(await cli.output('complete', '--', ...words))).toEqual(becomes);
    }, PATIENCE);
  });

  it.each([
    ['of --url', ['--url', 'URL', '--key', 'KEY']],
    ['of --url=', ['--url=URL', '--key=KEY']],
    [
      'of words that bash has taken apart',
      ['--url', 'http', ':', '//HOST', ':', 'PORT', '--key', 'KEY'],
    ],
    ['of --context', ['--context', 'stored']],
  ])('asks the server %s', async (_, options) => {
    const { url, apiKey } = cli.server;
    const { hostname, port } = new URL(url);
    const words = options.map((word) =>
      word
        .replace('URL', url)
        .replace('KEY', apiKey)
        .replace('HOST', hostname)
        .replace('PORT', port),
    );
    await vi.waitFor(async () => {
      const { stdout } = await cli.run(['complete', '--', 'peek', ...words, 'or'], {
        environment: { MILLRACE_URL: 'http://127.0.0.1:9' },
      });
      expect(wordsOf(stdout)).toEqual(['orders']);
    }, PATIENCE);
  });

  it('says nothing if the server cannot be asked', async () => {
    const result = await cli.run(['complete', '--', 'publish', ''], {
      environment: { MILLRACE_URL: 'http://127.0.0.1:9' },
    });
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe.skipIf(!has('bash'))('the script for bash', () => {
  it.each(CASES)('%j becomes %j', async (words, becomes) => {
    const quoted = ['millrace', ...words].map((word) => `'${word}'`).join(' ');
    const script = `source <(millrace completion bash); source <(millrace completion bash)
      COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _millrace
      printf '%s\\n' "\${COMPREPLY[@]}"; complete -p millrace`;
    await vi.waitFor(() => {
      const lines = shell('bash', '-c', script).split('\n').filter(Boolean);
      expect(lines.pop()).toContain('-F _millrace millrace');
      expect(lines.sort()).toEqual(becomes);
    }, PATIENCE);
  });
});

const noFish = has('fish') ? '' : ' (skipped: fish is not installed)';
describe.skipIf(!has('fish'))(`the script for fish${noFish}`, () => {
  it.each(CASES.slice(0, -1))('%j becomes %j', async (words, becomes) => {
    const script = `millrace completion fish | source
      complete --do-complete 'millrace ${words.join(' ')}'`;
    await vi.waitFor(() => {
      expect(wordsOf(shell('fish', '-c', script))).toEqual(becomes);
    }, PATIENCE);
  });
});

const noZsh = has('zsh') ? '' : ' (skipped: zsh is not installed)';
describe.skipIf(!has('zsh'))(`the script for zsh${noZsh}`, () => {
  it('completes a verb in a terminal', () => {
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f
      zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; source <(millrace completion zsh); print re""ady'
      zpty -r shell text '*ready*'
      zpty -w -n shell $'millrace queue cr\\t'
      zpty -r shell text '*create*' && print -r -- "completed"`;
    expect(shell('zsh', '-c', script)).toContain('completed');
  });
});
