import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 8_000;
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

/** A connection that may take its time, for migrations. */
export const patientConfig = (url: ParsedUrl): pg.ClientConfig => ({
  connectionString: url.connectionString,
  application_name: 'millrace',
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
});

export function clientConfig(url: ParsedUrl): pg.ClientConfig {
  return {
    connectionString: url.connectionString,
    application_name: 'millrace',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    // Behind a transaction pooler a startup parameter may be refused.
    ...(url.prepare ? { statement_timeout: STATEMENT_TIMEOUT_MS } : {}),
  };
}

/**
 * Commit groups and reads have connections of their own, so that reads, which anybody may make in any
 * number, never keep a group waiting. What the connections are given goes through `Pipeline`.
 */
export interface Pools {
  readonly groups: pg.Pool;
  readonly reads: pg.Pool;
}

/** @param groupsMax commit groups that may be under way */
export function createPools(url: ParsedUrl, maxConnections: number, groupsMax: number): Pools {
  return {
    groups: createPool(url, groupsMax),
    reads: createPool(url, Math.max(1, maxConnections - groupsMax)),
  };
}

function createPool(url: ParsedUrl, maxConnections: number): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(url), max: maxConnections });
  // An idle connection that breaks is dropped by the pool; the next query opens another.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    // While one is lent, the pool does not listen: what breaks it shows in its statements.
    client.on('error', () => undefined);
    if (url.prepare) client.query(`SET ${PLANNER.join('; SET ')}`).catch(() => undefined);
  });
  return pool;
}

/**
 * Rows here come and go too fast for statistics: to ask an index, row by row, is always the right
 * way. And no values make another way better, so that planning anew for each, a sixth of the
 * database's work, gains nothing.
 */
const PLANNER = [
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'plan_cache_mode = force_generic_plan',
];

/** What waited for a lock must see what was committed meanwhile, whatever the database's default is. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Behind a transaction pooler a connection's settings are anybody's: there each group makes them. */
export const beginGroup = ({ prepare }: ParsedUrl): string[] =>
  prepare ? [BEGIN] : [BEGIN, ...PLANNER.map((setting) => `SET LOCAL ${setting}`)];
