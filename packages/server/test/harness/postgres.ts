import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { endWithProcess, loadEmbeddedPostgres } from './embedded-postgres.js';
import { freePort } from './free-port.js';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/**
 * One PostgreSQL for all test files: the one in MILLRACE_TEST_POSTGRES (a url with a role that may
 * create databases), or one from npm that is started here and removed afterwards.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.MILLRACE_TEST_POSTGRES;
  if (given !== undefined && given !== '') {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  // No data here outlives the machine; suites that break a database start their own.
  const { url, stop } = await startPostgres(['-c', 'fsync=off', '-c', 'full_page_writes=off']);
  project.provide('postgresUrl', url);
  return stop;
}

export interface RunningPostgres {
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** Stops it and keeps its data: `fast` as an operator would, `crash` without saving anything. */
  shutDown(how: 'fast' | 'crash'): Promise<void>;
  /** Starts it again with its data on the same port. */
  startAgain(): Promise<void>;
}

export async function startPostgres(flags: readonly string[] = []): Promise<RunningPostgres> {
  // The folder is not created here: PostgreSQL creates it, and owns it when it runs as a separate user.
  const folder = join(tmpdir(), `millrace-postgres-${randomBytes(6).toString('hex')}`);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    createPostgresUser: process.getuid?.() === 0,
    user: 'postgres',
    password,
    port,
    // The folder outlives a restart; it is removed here.
    persistent: true,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'max_connections=200', ...flags],
    onLog: () => {},
    onError: () => {},
  });
  const outlive = endWithProcess(folder);
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
      outlive();
    },
    async shutDown(how) {
      const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
      // These signals make PostgreSQL shut down fast, or at once with a recovery at the next start.
      process.kill(Number(pid), how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      while (isAlive(Number(pid))) await sleep(10);
    },
    startAgain: () => server.start(),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
