import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('./embedded-postgres.ts', import.meta.url));

/** Otherwise a run with failed tests would count as passed. */
test('a process that has loaded PostgreSQL ends with its own exit code', async () => {
  const program = `
    import { loadEmbeddedPostgres } from ${JSON.stringify(MODULE)};
    const EmbeddedPostgres = await loadEmbeddedPostgres();
    if (typeof EmbeddedPostgres !== 'function') throw new Error('the class is missing');
    process.exitCode = 3;
  `;
  const flags = ['--import', 'tsx', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, flags, { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([3, null]);
});
