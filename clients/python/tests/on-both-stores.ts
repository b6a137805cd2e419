import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../../packages/server/test/harness/postgres.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const HELP = `Runs the suite of the Python client on SQLite and on PostgreSQL.

  npm run test:python                          the whole suite
  npm run test:python -- tests.test_worker     some of its modules
  npm run test:python -- --chaos 10000         the chaos run alone, with so many messages
`;

/** The reason why the suite cannot run here; undefined when it can. */
function missing(): string | undefined {
  const check = 'import sys; sys.exit(sys.version_info < (3, 9))';
  const { status } = spawnSync('python3', ['-c', check]);
  if (status === 0) return undefined;
  return status === null ? 'python3 is not installed' : 'python3 is older than 3.9';
}

async function runOn(store: string, storeUrl: string, args: readonly string[]): Promise<boolean> {
  process.stdout.write(`the Python client on ${store}\n`);
  const [first, ...rest] = args;
  const command =
    first === '--chaos' ? ['tests.chaos', '--messages', ...rest] : ['unittest', ...args];
  const child = spawn('python3', ['-m', ...command], {
    cwd: FOLDER,
    env: { ...process.env, MILLRACE_TEST_STORE: storeUrl },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return code === 0;
}

async function main(args: readonly string[]): Promise<boolean> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return true;
  }
  const reason = missing();
  if (reason !== undefined) {
    process.stdout.write(`skipped: ${reason}\n`);
    return true;
  }
  // Without a store the suite makes a SQLite file of its own.
  const onSqlite = await runOn('SQLite', '', args);
  const postgres = await startPostgres(['-c', 'fsync=off', '-c', 'full_page_writes=off']);
  try {
    return (await runOn('PostgreSQL', postgres.url, args)) && onSqlite;
  } finally {
    await postgres.stop();
  }
}

if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
