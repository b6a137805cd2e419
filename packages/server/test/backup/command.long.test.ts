import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf } from '#server/cli/progress-bar';
import { createIdSource } from '#server/core/ids';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import { runMillrace } from './run-command.js';

let folder: string;
let store: string;
let files = 0;

/** Enough for a copy to take some time. */
const MIB = 64;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-backup-'));
  const path = join(folder, 'millrace.db');
  store = `sqlite:${path}`;
  const opened = await SqliteStore.open({ path, minFreeBytes: 0 });
  const commands = new CommandBuilder('default', createIdSource(opened.clock));
  await opened.apply([commands.createQueue('q')]);
  const payloads = Array.from({ length: 16 }, () => JSON.stringify('x'.repeat(65_534)));
  for (let mib = 0; mib < MIB; mib += 1) await opened.apply([commands.publish('q', payloads)]);
  await opened.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newFile = (): string => {
  files += 1;
  return join(folder, `copy-${files}.db`);
};

describe('millrace backup', () => {
  it('reports what it made, in words or as JSON', async () => {
    const to = newFile();
    const began = Date.now();
    const inWords = await runMillrace(['backup', '--store', store, '--to', to]);
    expect(inWords).toMatchObject({ code: 0, stderr: '' });
    expect(inWords.stdout).toMatch(
      new RegExp(
        `^${to} contains the store as of \\S+Z: ${statSync(to).size} bytes, read completely`,
      ),
    );
    const other = newFile();
    const { stdout } = await runMillrace(['backup', '--json', `--store=${store}`, `--to=${other}`]);
    expect(stdout.endsWith('\n')).toBe(true);
    const told = JSON.parse(stdout);
    expect(told).toEqual({
      file: other,
      bytes: statSync(other).size,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      duration_ms: expect.any(Number),
    });
    expect(Date.parse(told.at)).toBeGreaterThanOrEqual(began);
    expect(Date.parse(told.at)).toBeLessThanOrEqual(Date.now());
  });

  it('ends with 1 and leaves the file unchanged when it exists', async () => {
    const to = newFile();
    await runMillrace(['backup', '--store', store, '--to', to]);
    const before = readFileSync(to);
    const again = await runMillrace(['backup', '--store', store, '--to', to]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain(`${to} exists already. Name a file that does not.`);
    expect(readFileSync(to).equals(before)).toBe(true);
  });

  it.each([
    [['backup'], '--to is missing; see millrace backup --help'],
    [['backup', '--to', 'x', '--too', 'y'], "Unknown option '--too'; see millrace backup --help"],
    [['backup', '--to', 'x', 'y'], "Unexpected argument 'y'"],
    [['backup', '--to', 'x', '--store', 'postgres://u:hidden@h/d'], 'For PostgreSQL use pg_dump'],
    [['restore'], '--from is missing; see millrace restore --help'],
    [['restore', '--from', 'x', '--store', 'postgres://u:hidden@h/d'], 'For PostgreSQL use pg'],
  ])('and millrace restore end %j with 2 and the cause', async (args, message) => {
    const { code, stdout, stderr } = await runMillrace(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hidden');
  });

  it('and millrace restore explain their use', async () => {
    for (const command of ['backup', 'restore']) {
      const { code, stdout } = await runMillrace([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: millrace ${command} --`);
    }
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s', async (signal) => {
    const isCopying = () => readdirSync(folder).some((name) => name.includes('.partial-'));
    const endCopy = (to: string) =>
      runMillrace(['backup', '--store', store, '--to', to], (child) => {
        const look = setInterval(() => {
          if (!isCopying()) return;
          clearInterval(look);
          child.kill(signal);
        }, 1);
        child.once('exit', () => clearInterval(look));
      });
    let to = newFile();
    let ended = await endCopy(to);
    // On a busy machine the copy may be finished before the signal comes.
    for (let tries = 1; ended.code === 0 && tries < 10; tries += 1) {
      to = newFile();
      ended = await endCopy(to);
    }
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(`ended by ${signal}; no copy was made`);
    expect(existsSync(to)).toBe(false);
    expect(isCopying()).toBe(false);
  });
});

describe('millrace restore', () => {
  it('reports what it did, in words or as JSON', async () => {
    const from = newFile();
    await runMillrace(['backup', '--store', store, '--to', from]);
    const path = join(folder, 'restored.db');
    const to = `sqlite:${path}`;
    const first = await runMillrace(['restore', '--json', '--store', to, '--from', from]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const bytes = statSync(from).size;
    expect(JSON.parse(first.stdout)).toEqual({ file: path, bytes, put_aside: null });
    const again = await runMillrace(['restore', '--store', to, '--from', from]);
    expect(again.stdout).toContain(`${path} is restored from ${from}: ${bytes} bytes`);
    expect(again.stdout).toContain(`the old files are kept as ${path}.before-restore-`);
  });
});

describe('the progress of a copy', () => {
  it.each([
    [{ step: 'copy', doneBytes: 0, totalBytes: 2 ** 21 }, /^\[-{30}\] {3}0 % {2}0\.0 of 2\.0 MiB$/],
    [{ step: 'copy', doneBytes: 2 ** 20, totalBytes: 2 ** 21 }, /^\[#{15}-{15}\] {2}50 % {2}1\.0/],
    [{ step: 'copy', doneBytes: 2 ** 21, totalBytes: 2 ** 21 }, /^\[#{30}\] 100 %/],
    [{ step: 'copy', doneBytes: 0, totalBytes: 0 }, /^\[#{30}\] 100 %/],
    [{ step: 'check', doneBytes: 1, totalBytes: 1 }, /^checking the copy/],
  ] as const)('is one line: %j', (progress, line) => {
    expect(lineOf(progress)).toMatch(line);
  });
});
