import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerRun } from '../../../server/test/nodes/run-server.js';

const ESSENTIALS = fileURLToPath(new URL('essentials.ts', import.meta.url));
const KEY = 'runtimes-key-0123456789';

/** The runtimes, as npm has them. Bun reads TypeScript by itself. */
const RUNTIMES = [
  { name: 'node 20', package: 'node@20', command: 'node --import tsx' },
  { name: 'node 24', package: 'node@24', command: 'node --import tsx' },
  { name: 'bun', package: 'bun@1', command: 'bun' },
];

/** Runs the essential part of the suite in each runtime, against one server. */
async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-runtimes-'));
  const server = new ServerRun(`sqlite:${join(folder, 'millrace.db')}`, { MILLRACE_API_KEY: KEY });
  const url = await server.listening();
  if (url === undefined) throw new Error(`the server has not started:\n${server.stderr}`);
  let failures = 0;
  for (const { name, package: source, command } of RUNTIMES) {
    const queue = `essentials-${name.replace(' ', '-')}`;
    const version = `${command.split(' ')[0]} --version`;
    const line = `${version} && ${command} ${ESSENTIALS}`;
    process.stdout.write(`${name}\n`);
    const child = spawn('npm', ['exec', '--yes', `--package=${source}`, '-c', line], {
      env: { ...process.env, MILLRACE_URL: url, MILLRACE_API_KEY: KEY, QUEUE: queue },
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) failures += 1;
    process.stdout.write(code === 0 ? `${name} passed\n` : `${name} FAILED\n`);
  }
  server.signal('SIGTERM');
  await server.ended();
  await rm(folder, { recursive: true, force: true });
  return failures;
}

process.exitCode = (await main()) === 0 ? 0 : 1;
