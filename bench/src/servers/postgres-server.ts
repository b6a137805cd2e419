import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  endWithProcess,
  loadEmbeddedPostgres,
} from '../../../packages/server/test/harness/embedded-postgres.js';
import { freePort } from '../../../packages/server/test/harness/free-port.js';

export interface PostgresSettings {
  /** A server to create databases on; without a URL, one is started. */
  postgresUrl?: string;
  /** Lets a PostgreSQL that is started here count its statements. */
  countsStatements?: boolean;
  dataDir?: string;
}

export interface PostgresServer {
  version: string;
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Drops the database, and writes out what the server still has in memory. */
  dropDatabase(url: string): Promise<void>;
  stop(): Promise<void>;
}

/** Uses the server of this URL, whose role may create databases, or starts a new server from npm. */
export async function openPostgres({
  postgresUrl: url,
  dataDir = tmpdir(),
  countsStatements = false,
}: PostgresSettings): Promise<PostgresServer> {
  const own = url === undefined ? await startEmbedded(dataDir, countsStatements) : undefined;
  const adminUrl = url ?? (own?.url as string);
  const version = await withClient(adminUrl, async (client) => {
    const { rows } = await client.query('SHOW server_version');
    return `postgresql ${rows[0].server_version}${own === undefined ? '' : ' from npm'}`;
  });

  return {
    version,

    async createDatabase() {
      const name = `millrace_bench_${randomBytes(6).toString('hex')}`;
      await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
      const database = new URL(adminUrl);
      database.pathname = `/${name}`;
      if (own !== undefined && countsStatements) {
        await withClient(database.href, (client) =>
          client.query('CREATE EXTENSION pg_stat_statements'),
        );
      }
      return database.href;
    },

    async dropDatabase(database) {
      const name = new URL(database).pathname.slice(1);
      await withClient(adminUrl, async (client) => {
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
        // One side must not pay for what the other left in memory. If the role may not, that is no
        // error.
        await client.query('CHECKPOINT').catch(() => undefined);
      });
    },

    async stop() {
      await own?.stop();
    },
  };
}

/** With PostgreSQL's own settings except for the number of connections; fsync is on. */
async function startEmbedded(
  parent: string,
  countsStatements: boolean,
): Promise<{ url: string; stop(): Promise<void> }> {
  // PostgreSQL creates the folder, so that it owns it even if it runs as another user.
  const folder = join(parent, `millrace-bench-postgres-${randomBytes(6).toString('hex')}`);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    createPostgresUser: process.getuid?.() === 0,
    user: 'postgres',
    password,
    port,
    persistent: false,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['-c', 'max_connections=200'],
      ...(countsStatements ? ['-c', 'shared_preload_libraries=pg_stat_statements'] : []),
    ],
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
  };
}

export async function withClient<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
