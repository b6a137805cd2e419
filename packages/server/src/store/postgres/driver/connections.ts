import pg from 'pg';
import { setSession } from './sessions.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** The client's own, longer timeout: a server that has vanished reports nothing at all. */
const QUERY_TIMEOUT_MS = 10_000;

export interface ParsedUrl {
  readonly connectionString: string;
  /** False behind a pooler that does not keep prepared statements: `?prepare=false`. */
  readonly prepare: boolean;
}

export function parseUrl(url: string): ParsedUrl {
  const parsed = new URL(url);
  const prepare = parsed.searchParams.get('prepare') !== 'false';
  parsed.searchParams.delete('prepare');
  return { connectionString: parsed.toString(), prepare };
}

/**
 * The url for LISTEN, which does not work through a transaction pooler; undefined: there is none.
 *
 * @param directUrl a direct url of the same database
 */
export function signalsUrlOf(url: ParsedUrl, directUrl: string | undefined): ParsedUrl | undefined {
  if (directUrl !== undefined) return parseUrl(directUrl);
  return url.prepare ? url : undefined;
}

/** After this time without an answer, the client's system checks whether the other end is there. */
const KEEPALIVE_DELAY_MS = 4_000;

/** A connection whose statements may take long, for migrations. */
export const patientConfig = (url: ParsedUrl): pg.ClientConfig => ({
  connectionString: url.connectionString,
  application_name: 'millrace',
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
});

export const clientConfig = (url: ParsedUrl): pg.ClientConfig => ({
  ...patientConfig(url),
  query_timeout: QUERY_TIMEOUT_MS,
});

/**
 * Commit groups and reads have separate connections, so that any number of reads never keeps a commit
 * group waiting; nor does a commit group that waits for a lock keep the others waiting. All statements
 * go through `Pipeline`.
 */
export interface Pools {
  readonly groups: pg.Pool;
  /** For the commit group that may wait for a lock; the connection is open only while it is needed. */
  readonly heldUp: pg.Pool;
  readonly reads: pg.Pool;
}

/** @param groupsMax how many commit groups may be under way */
export function createPools(url: ParsedUrl, maxConnections: number, groupsMax: number): Pools {
  return {
    groups: createPool(url, groupsMax),
    heldUp: createPool(url, 1),
    reads: createPool(url, Math.max(1, maxConnections - groupsMax)),
  };
}

export const endPools = ({ groups, heldUp, reads }: Pools): Promise<unknown> =>
  Promise.all([groups.end(), heldUp.end(), reads.end()]);

function createPool(url: ParsedUrl, maxConnections: number): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(url),
    max: maxConnections,
    // No session is lent out before its settings are made; a failure here rejects the `connect`.
    ...(url.prepare ? { onConnect: (client) => setSession(client, 'work') } : {}),
  });
  // An idle connection that breaks is dropped by the pool; the next query opens another.
  pool.on('error', () => undefined);
  // While a connection is lent out, the pool does not listen; its statements then show the failure.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
