import { copyFileSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callerOf } from '../harness/http-server.js';
import { CommandRun } from './command-run.js';
import { KEY } from './waiting-calls.js';

let folder: string;
let run: CommandRun;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replaced-'));
});
afterEach(async () => {
  await run.kill();
  await rm(folder, { recursive: true, force: true });
});

// On Windows nobody can rename a file that is open.
it.skipIf(process.platform === 'win32')(
  'a server acknowledges nothing in a file that was renamed, and ends',
  async () => {
    const file = join(folder, 'millrace.db');
    run = new CommandRun(['serve', '--port', '0', '--auto-create', '--store', `sqlite:${file}`], {
      environment: { MILLRACE_API_KEY: KEY },
    });
    const call = callerOf((await run.listening()) ?? run.stderr);
    const publish = () =>
      call('POST', '/v1/queue/publish', { queue: 'q', payload: 1 }, { key: KEY }).then(
        ({ status }) => status,
        () => 'cut off',
      );
    expect(await publish()).toBe(200);
    renameSync(file, `${file}.old`);
    copyFileSync(`${file}.old`, file);
    expect(await publish()).not.toBe(200);
    expect(await run.ended()).toBe(1);
    expect(run.stderr).toContain('the store failed: the file of the database was replaced');
  },
);
