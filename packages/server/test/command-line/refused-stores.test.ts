import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRun } from './command-run.js';

/** Tests that the process ends with an explanation if its store cannot be at the given path. */

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const whyNoUser = isRoot ? '' : ' (skipped: only root can start a process for another user)';
const isLinux = process.platform === 'linux';

let folder: string;
let run: CommandRun | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-refused-'));
});
afterEach(async () => {
  await run?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function refusalOf(path: string, uid?: number): Promise<{ code: unknown; text: string }> {
  run = new CommandRun(['serve', '--port', '0', '--store', `sqlite:${path}`], {
    environment: { HOME: folder },
    ...(uid === undefined ? {} : { uid }),
  });
  // If it listens after all, there is no exit to wait for.
  await run.says(/listening/);
  if (run.isRunning) run.signalGroup('SIGKILL');
  const code = await run.ended();
  expect(run.stderr).toMatch(/^\{"level":"error","time":"[^"]+","msg":"[^\n]*--store[^\n]*"\}\n$/);
  return { code, text: run.stderr };
}

const inFolder = (name: string): string => join(folder, name);

describe('a store is refused, with its path and the reason,', () => {
  it('if its folder is a file', async () => {
    writeFileSync(inFolder('file'), 'text');
    const why = `${inFolder('file')} is a file, so it cannot contain a store`;
    for (const path of ['file/q.db', 'file/sub/q.db']) {
      expect(await refusalOf(inFolder(path))).toEqual({
        code: 1,
        text: expect.stringContaining(why),
      });
    }
  });

  it('if it is a folder', async () => {
    mkdirSync(inFolder('data'));
    const { code, text } = await refusalOf(inFolder('data'));
    expect(code).toBe(1);
    expect(text).toContain(`${inFolder('data')} is a folder.`);
    expect(text).toContain(`--store sqlite:${inFolder('data')}/millrace.db`);
  });

  it.skipIf(process.platform === 'win32')('if it is a device or a pipe', async () => {
    expect(spawnSync('mkfifo', [inFolder('pipe')]).status).toBe(0);
    for (const [path, kind] of [
      ['/dev/null', 'a device'],
      [inFolder('pipe'), 'a pipe'],
    ] as const) {
      const { code, text } = await refusalOf(path);
      expect(code).toBe(1);
      expect(text).toContain(`${path} is ${kind}, but a store must be a regular file`);
    }
  });

  it('if its folder is a broken link', async () => {
    symlinkSync(inFolder('nowhere'), inFolder('link'));
    const { code, text } = await refusalOf(join(inFolder('link'), 'q.db'));
    expect(code).toBe(1);
    expect(text).toContain(`The folder ${inFolder('link')} cannot be created`);
    expect(text).toContain('Remove the link');
  });

  it.skipIf(!isLinux)('if no files can be created in its folder', async () => {
    for (const path of ['/proc/x/q.db', '/proc/q.db']) {
      const { code, text } = await refusalOf(path);
      expect(code).toBe(1);
      expect(text).toMatch(
        /\/proc cannot contain the files of a store|The folder \/proc cannot be written/,
      );
    }
  });

  it('if its path is too long for SQLite', async () => {
    const { code, text } = await refusalOf(inFolder(`${'long/'.repeat(100)}q.db`));
    expect(code).toBe(1);
    expect(text).toContain('is too long: SQLite allows 480 bytes');
  });

  it.skipIf(!isRoot)(`if its folder belongs to another user${whyNoUser}`, async () => {
    for (const [path, why] of [
      ['q.db', `The folder ${folder}`],
      ['data/q.db', `The folder ${inFolder('data')} cannot be created: ${folder}`],
    ] as const) {
      const { code, text } = await refusalOf(inFolder(path), NOBODY);
      expect(code).toBe(1);
      expect(text).toContain(
        `${why} cannot be written by this user (uid ${NOBODY}; it belongs to uid 0)`,
      );
      expect(text).toContain('chown');
      expect(text).not.toContain('--port');
    }
  });

  it.skipIf(!isRoot)(`if its file belongs to another user${whyNoUser}`, async () => {
    for (const name of ['q.db', 'q.db-wal']) {
      const data = inFolder(`${name}.folder`);
      mkdirSync(data);
      writeFileSync(join(data, name), '', { mode: 0o600 });
      spawnSync('chown', [String(NOBODY), folder, data]);
      const { code, text } = await refusalOf(join(data, 'q.db'), NOBODY);
      expect(code).toBe(1);
      expect(text).toContain(`${join(data, name)} cannot be written by this user`);
    }
  });

  it('if its file system is read-only', async (context) => {
    const mounted = isLinux && mkdirReadOnly(inFolder('read-only'));
    if (!mounted) context.skip('this user may not mount a file system');
    try {
      for (const path of ['read-only/q.db', 'read-only/data/q.db']) {
        const { code, text } = await refusalOf(inFolder(path));
        expect(code).toBe(1);
        expect(text).toContain(`${inFolder('read-only')} is on a read-only file system`);
        expect(text).toContain('Mount it for writing');
      }
    } finally {
      spawnSync('umount', [inFolder('read-only')]);
    }
  });
});

function mkdirReadOnly(path: string): boolean {
  mkdirSync(path);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', path]).status === 0;
}

describe('a port', () => {
  it.skipIf(!isRoot || !isLinux)(
    `that only root may use is refused with ways around it${whyNoUser}`,
    async () => {
      spawnSync('chown', [String(NOBODY), folder]);
      const store = `sqlite:${inFolder('q.db')}`;
      run = new CommandRun(['serve', '--port', '81', '--store', store], { uid: NOBODY });
      await run.says(/listening/);
      if (run.isRunning) return; // On this machine, any user may use the port.
      expect(await run.ended()).toBe(1);
      expect(run.stderr).toMatch(/EACCES.*:81; choose a --port of 1024 or more and put a proxy/);
      expect(run.stderr).toContain('setcap cap_net_bind_service');
    },
  );
});
