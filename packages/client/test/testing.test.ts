import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startMillrace } from '@millrace/client/testing';
import { describe, expect, test } from 'vitest';

const atServer = (path: string) => fileURLToPath(new URL(`../../server/${path}`, import.meta.url));
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
  const module = import.meta.resolve('@millrace/client/testing');
  const program = `import(${JSON.stringify(module)}).then(({ startMillrace }) => startMillrace())`;
  const { stderr } = spawnSync(process.execPath, ['-e', program], { cwd: tmpdir() });
  expect(String(stderr)).toContain('add it to the devDependencies of this project');
});
