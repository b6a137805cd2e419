import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMillrace } from '@millrace/client/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

const atServer = (path: string) => fileURLToPath(new URL(`../../server/${path}`, import.meta.url));
const TESTING = import.meta.resolve('@millrace/client/testing');
const command = [process.execPath, atServer('dist/main.js')];

describe.skipIf(!existsSync(atServer('dist/cli/dev/dev.js')))('startMillrace', () => {
  test('starts a server whose clock a test can advance', async () => {
    const server = await startMillrace({ command });
    const queue = server.millrace.queue('orders');
    await queue.publish('later', { delaySeconds: 86_400 });
    expect((await queue.consume()).messages).toEqual([]);
    await server.advanceClock(86_400);
    expect((await queue.consume()).messages).toMatchObject([{ payload: 'later' }]);
    await expect(server.advanceClock(-1)).rejects.toThrow('the clock was not advanced');
    await server.stop();
    await server.stop();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test('runs the package millrace that the project has installed', async () => {
    const server = await startMillrace();
    expect(await server.millrace.queues.list().toArray()).toEqual([]);
    await server.stop();
  });

  test.each([
    ['is killed', 'setInterval(() => 0, 1e6)'],
    ['exits without stop()', 'setTimeout(() => process.exit(1), 100)'],
    ['fails', 'setTimeout(() => { throw new Error("a test failed") }, 100)'],
  ])('leaves no server behind when the process that started it %s', async (how, ending) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-parent-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const program = `import { startMillrace } from ${JSON.stringify(TESTING)};
      const { url } = await startMillrace({ command: ${JSON.stringify(command)} });
      console.log(url);
      ${ending}`;
    const args = ['--input-type=module', '-e', program];
    const parent = spawn(process.execPath, args, {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(parent, 'exit');
    const [line] = await once(parent.stdout, 'data');
    const url = String(line).trim();
    expect(readdirSync(folder)).toHaveLength(1);
    if (how === 'is killed') parent.kill('SIGKILL');
    await exited;
    await expect.poll(() => readdirSync(folder), { timeout: 20_000 }).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('says why a server does not start', async () => {
    const flags = ['--no-such-flag'];
    await expect(startMillrace({ command, flags })).rejects.toThrow('--no-such-flag');
  });
});

test('a program that is missing, ends or says nothing is an error', async () => {
  await expect(startMillrace({ command: ['/no/such/program'] })).rejects.toThrow(
    'cannot be started',
  );
  const node = (program: string) => [process.execPath, '-e', program];
  await expect(startMillrace({ command: node('process.exit(3)') })).rejects.toThrow('ended with 3');
  const silent = startMillrace({ command: node('setInterval(() => 0, 1e6)'), timeoutMs: 500 });
  await expect(silent).rejects.toThrow('has not started in 500 ms');
});

test('a project without the package millrace is told to add it', () => {
  const program = `import(${JSON.stringify(TESTING)}).then(({ startMillrace }) => startMillrace())`;
  const { stderr } = spawnSync(process.execPath, ['-e', program], { cwd: tmpdir() });
  expect(String(stderr)).toContain('add it to the devDependencies of this project');
});
