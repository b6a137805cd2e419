import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { CommandRun } from './command-run.js';
import { KEY, lastAnswer, WaitingCalls } from './waiting-calls.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MAIN_PATH = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PSEUDO_TERMINAL = fileURLToPath(new URL('./pseudo-terminal.py', import.meta.url));
const CTRL_C = '\x03';

const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0;
const why = hasTerminals ? '' : ' (skipped: it takes python3 with the module pty)';

describe.skipIf(!hasTerminals)(`a server in a terminal${why}`, () => {
  let folder: string;
  let run: CommandRun;
  let calls: WaitingCalls | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-terminal-'));
  });
  afterEach(async () => {
    calls?.drop();
    await run.kill();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(...program: string[]): Promise<WaitingCalls> {
    run = new CommandRun([...program, '--port', '0'], {
      program: ['python3', PSEUDO_TERMINAL],
      environment: {
        MILLRACE_API_KEY: KEY,
        MILLRACE_STORE: `sqlite:${join(folder, 'millrace.db')}`,
      },
    });
    calls = await WaitingCalls.begin((await run.listening()) ?? run.stdout);
    return calls;
  }

  it('stops in order on Ctrl-C under npm start, which delivers the signal twice', async () => {
    const waiting = await start('npm', '--prefix', ROOT, 'start', '--');
    run.type(CTRL_C);
    expect(await waiting.answerOfPoll()).toMatch(lastAnswer(200, '"messages":\\[\\]'));
    await run.says(/stopping/);
    waiting.sendRestOfBody();
    expect(await waiting.answerOfPublish()).toMatch(lastAnswer(200, '"message_id":'));
    await run.ended();
    expect(run.stdout.match(/stopping on SIGINT, waiting for/g)).toHaveLength(1);
    expect(run.stdout).toMatch(/stopped/);
    expect(run.stdout).toMatch(/ended with 0\n$/);
  });

  it('ends at once on a second, later Ctrl-C', async () => {
    await start('npm', '--prefix', ROOT, 'start', '--');
    run.type(CTRL_C);
    await run.says(/stopping/);
    await pause(1_100);
    run.type(CTRL_C);
    await run.ended();
    expect(run.stdout).toMatch(/ended at once by a second signal, SIGINT/);
    expect(run.stdout).toMatch(/ended with 130\n$/);
  });

  it('stops in order when its terminal is closed', async () => {
    const waiting = await start(process.execPath, MAIN_PATH);
    run.type('hang up\n');
    expect(await waiting.answerOfPoll()).toMatch(lastAnswer(200, '"messages":\\[\\]'));
    waiting.sendRestOfBody();
    expect(await waiting.answerOfPublish()).toMatch(lastAnswer(200, '"message_id":'));
    await run.ended();
    expect(run.stdout).toMatch(/ended with 0\n$/);
  });
});
