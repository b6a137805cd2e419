import pg from 'pg';
import { startTestServer, type TestServer } from '../harness/http-server.js';
import { QueueClient } from '../harness/queue-client.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';

/** Several servers in this process over one PostgreSQL database, on real clocks. */
export interface PostgresNodes {
  readonly fixture: StoreFixture;
  readonly servers: readonly TestServer[];
  readonly clients: readonly QueueClient[];
  /** Starts one more server, which is stopped with the others. */
  add(flags?: readonly string[]): Promise<TestServer>;
  stop(): Promise<void>;
}

export async function startNodes(
  count: number,
  flags: readonly string[] = [],
): Promise<PostgresNodes> {
  const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
  if (factory === undefined) throw new Error('there is no PostgreSQL store to test');
  const fixture = await factory.create();
  const servers: TestServer[] = [];
  const clients: QueueClient[] = [];
  const add = async (more: readonly string[] = flags): Promise<TestServer> => {
    const server = await startTestServer(fixture, more);
    servers.push(server);
    clients.push(new QueueClient(server));
    return server;
  };
  // One after the other, so that a test knows which connections belong to which server.
  while (servers.length < count) await add();
  return {
    fixture,
    servers,
    clients,
    add,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      await fixture.remove();
    },
  };
}

/** Opens a connection for the test itself, to inspect the database and to disturb it. */
export async function connectAdmin(url: string): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString: url, application_name: 'millrace tests' });
  admin.on('error', () => undefined);
  await admin.connect();
  return admin;
}

/** Creates a database on this server. @returns its url */
export async function newDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = await connectAdmin(serverUrl);
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

/** The backends of the connections on which nodes listen for each other. */
export async function listeningPids(admin: pg.Client): Promise<number[]> {
  const { rows } = await admin.query(
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND query ~* '^(listen|select pg_notify)'`,
  );
  return rows.map(({ pid }) => pid);
}

export async function terminate(admin: pg.Client, pids: readonly number[]): Promise<void> {
  await admin.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
}

/** The median, for printing. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
