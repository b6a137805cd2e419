import type pg from 'pg';
import { withClient } from '../servers/postgres-server.js';
import { parentOf, treeMicros } from './cpu-time.js';
import { nameOf } from './process-usage.js';
import type { Usage } from './usage.js';

/** The counters of a PostgreSQL server, by a connection of its own. */
export const databaseUsage = (url: string): Promise<Usage> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(
      `SELECT pg_backend_pid() AS pid, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS wal,
         to_regclass('pg_stat_statements') IS NOT NULL AS counts`,
    );
    const { pid, wal, counts } = rows[0] as { pid: number; wal: string; counts: boolean };
    return {
      walBytes: Number(wal),
      ...(counts && { statements: await statements(client) }),
      ...(isHere(pid) && { databaseMicros: treeMicros([parentOf(pid)]) }),
    };
  });

async function statements(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `SELECT sum(calls) AS calls FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return Number(rows[0].calls);
}

/** Whether the server runs on this machine, and not in a container or elsewhere. */
function isHere(backendPid: number): boolean {
  try {
    return nameOf(`/proc/${backendPid}`) === 'postgres';
  } catch {
    return false;
  }
}
