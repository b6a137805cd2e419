import pg from 'pg';
import { setSession } from './sessions.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** The client's own, longer watch: a server that has vanished says nothing at all. */
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
 * The way for LISTEN, which does not pass a transaction pooler; undefined: there is none.
 *
 * @param directUrl another way to the same database
 */
export function signalsUrlOf(url: ParsedUrl, directUrl: string | undefined): ParsedUrl | undefined {
  if (directUrl !== undefined) return parseUrl(directUrl);
  return url.prepare ? url : undefined;
}

/** Without an answer for so long, the client's own system asks whether the other end is there. */
const KEEPALIVE_DELAY_MS = 4_000;

/** A connection that may take its time, for migrations. */
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
 * Commit groups and reads have connections of their own, so that reads, which anybody may make in
 * any number, never keep a commit group waiting; nor does a commit group that waits for a lock keep the
 * others waiting. What the connections are given goes through `Pipeline`.
 */
export interface Pools {
  readonly groups: pg.Pool;
  /** For the commit group that may wait for a lock: the connection is there only while it is needed. */
  readonly heldUp: pg.Pool;
  readonly reads: pg.Pool;
}

/** @param groupsMax commit groups that may be under way */
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
    // Nobody is lent a session that is not set: what fails here fails whoever asked for it.
    ...(url.prepare ? { onConnect: (client) => setSession(client, 'work') } : {}),
  });
  // An idle connection that breaks is dropped by the pool; the next query opens another.
  pool.on('error', () => undefined);
  // While one is lent, the pool does not listen: what breaks it shows in its statements.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
