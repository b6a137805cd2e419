import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const { version, bin } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
const LAUNCHER = join(PACKAGE, 'bin', 'millrace.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-launcher-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the launcher', () => {
  const runLauncher = (path: string, environment = {}) =>
    spawnSync(process.execPath, [path, '--version'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...environment },
    });

  it('is the file that npm links as millrace, and exists before the build', () => {
    expect(join(PACKAGE, bin.millrace)).toBe(LAUNCHER);
    expect(existsSync(LAUNCHER)).toBe(true);
    const ignored = spawnSync('git', ['check-ignore', '-q', LAUNCHER], { cwd: PACKAGE });
    expect(ignored.status).not.toBe(0);
  });

  it('runs the built program, also through a link', () => {
    const link = join(folder, 'millrace');
    symlinkSync(LAUNCHER, link);
    for (const path of [LAUNCHER, link]) expect(runLauncher(path).stdout).toBe(`${version}\n`);
  });

  it('says to run the build if nothing is built', () => {
    cpSync(join(PACKAGE, 'bin'), join(folder, 'bin'), { recursive: true });
    const { status, stdout, stderr } = runLauncher(join(folder, 'bin', 'millrace.js'));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^millrace: millrace is not built yet; run "npm run build" in \S+\n$/);
  });

  it.skipIf(process.platform !== 'linux')('gives the pool eight threads, like npm start', () => {
    cpSync(join(PACKAGE, 'bin'), join(folder, 'bin'), { recursive: true });
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    // A stand-in for the server that gives work to the pool and counts the threads of the process.
    writeFileSync(
      join(folder, 'dist', 'main.js'),
      `import { pbkdf2 } from 'node:crypto';
       import { readdirSync } from 'node:fs';
       for (let n = 0; n < 16; n += 1) pbkdf2('a', 'b', 1_000, 10, 'sha512', () => undefined);
       console.log(readdirSync('/proc/self/task').length);`,
    );
    const threads = (environment = {}): number =>
      Number(runLauncher(join(folder, 'bin', 'millrace.js'), environment).stdout);
    expect(threads() - threads({ UV_THREADPOOL_SIZE: '3' })).toBe(8 - 3);
  });
});
