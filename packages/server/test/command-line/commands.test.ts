import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRun } from './command-run.js';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-commands-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function outcomeOf(args: readonly string[], environment = {}) {
  const run = new CommandRun(args, { environment });
  const code = await run.ended();
  return { code, stdout: run.stdout, stderr: run.stderr };
}

describe('millrace', () => {
  it.each([['--version'], ['-v'], ['version'], ['serve', '--port', '80', '--version']])(
    'shows its version with %s',
    async (...args) => {
      expect(await outcomeOf(args)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    },
  );

  it.each([['--help'], ['-h'], ['help'], ['serve', '--help'], ['--port', 'x', '--help']])(
    'shows its commands and settings with %s',
    async (...args) => {
      const { code, stdout, stderr } = await outcomeOf(args);
      expect([code, stderr]).toEqual([0, '']);
      for (const word of [/^ {2}serve /m, /^ {2}version /m, / --port INTEGER /]) {
        expect(stdout).toMatch(word);
      }
    },
  );

  it.each([[[]], [['serve']]])('serves with or without the word serve: %j', async (before) => {
    const store = `sqlite:${join(folder, 'q.db')}`;
    const run = new CommandRun([...before, '--port', '0', '--store', store]);
    try {
      expect(await run.listening(), run.stderr).toMatch(/^http:/);
      run.signalGroup('SIGTERM');
      expect(await run.ended()).toBe(0);
    } finally {
      await run.kill();
    }
  });

  it.each([
    ['sevre', 'there is no command "sevre"; did you mean "serve"?'],
    ['publish', 'there is no command "publish"; see --help'],
    ['constructor', 'there is no command "constructor"; see --help'],
  ])('refuses the unknown command %s', async (name, why) => {
    const { code, stderr } = await outcomeOf([name]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });

  it('refuses a variable that resembles a setting, naming both', async () => {
    const { code, stderr } = await outcomeOf([], { MILLRACE_PROT: '9000' });
    expect(code).toBe(2);
    expect(stderr).toContain('MILLRACE_PROT is not known; did you mean MILLRACE_PORT?');
  });

  it('warns of other unknown variables in one line, but not of variables of other programs', async () => {
    const run = new CommandRun(['--port', '0'], {
      environment: {
        MILLRACE_STORE: `sqlite:${join(folder, 'q.db')}`,
        MILLRACE_WORKERS: '4',
        MILLRACE_COLOUR: 'blue',
        MILLRACE_SERVICE_HOST: '10.0.0.1',
        MILLRACE_PORT_8080_TCP_ADDR: '10.0.0.1',
        MILLRACE_URL: 'http://127.0.0.1:8080',
        MILLRACE_TEST_SEED: '1',
      },
    });
    try {
      expect(await run.listening(), run.stderr).toMatch(/^http:/);
      const lines = run.stderr.split('\n').filter((line) => line.includes('MILLRACE_'));
      expect(lines).toEqual([expect.stringContaining('MILLRACE_COLOUR, MILLRACE_WORKERS')]);
      expect(lines[0]).not.toContain('blue');
    } finally {
      await run.kill();
    }
  });
});
