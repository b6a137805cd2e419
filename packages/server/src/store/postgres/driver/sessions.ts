import type { ClientBase, PoolClient, QueryConfig } from 'pg';

/**
 * What each session on the database is set to, whatever the database, the role or a pooler says. A
 * node may vanish or stand still between two round trips: then the server ends its transaction within
 * seconds, and what it has locked is free again. And every wait of ours has an end.
 */

/** A pool that lends a session waits for no longer. */
const ANSWER_WITHIN_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 8_000;
/** No commit group pauses for so long between two statements unless its node is stopped or gone. */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** In commit groups that many share, a lock that somebody else holds keeps nobody waiting for longer. */
export const SHARED_LOCK_WAIT_MS = 500;
/** A node that starts may wait for one that migrates, but not for one that is gone. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/** Together these notice within some ten seconds that the other end is gone. */
const KEEPALIVE = {
  tcp_keepalives_idle: '4',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
};

const WAITS = {
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  lock_timeout: String(SHARED_LOCK_WAIT_MS),
};

/**
 * Rows here come and go too fast for statistics: to ask an index, row by row, is always the right
 * way. And no values make another way better, so that planning anew for each, a sixth of the
 * database's work, gains nothing.
 */
const PLANNER = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
};

const quote = (settings: Record<string, string>, isLocal: boolean): string[] =>
  Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', ${isLocal})`);

/** What is acknowledged must be on disk. Other values than `off` promise at least that here. */
const DURABLE = (isLocal: boolean): string =>
  `set_config('synchronous_commit', CASE current_setting('synchronous_commit')
     WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, ${isLocal})`;

/**
 * Makes the server look whether the client is still there while a statement runs or waits; not all can.
 */
const CHECK_CLIENT = `DO $$ BEGIN
  PERFORM set_config('client_connection_check_interval', '2000', false);
EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$`;

const setAll = (isLocal: boolean, ...settings: Record<string, string>[]): string =>
  `SELECT ${[DURABLE(isLocal), ...settings.flatMap((each) => quote(each, isLocal))].join(', ')}`;

const SESSION = `${setAll(false, KEEPALIVE, WAITS, PLANNER)}; ${CHECK_CLIENT}`;
const SIGNALS = `${setAll(false, KEEPALIVE, WAITS)}; ${CHECK_CLIENT}`;
const MIGRATION_WAITS = {
  ...WAITS,
  statement_timeout: '0',
  lock_timeout: String(MIGRATION_LOCK_WAIT_MS),
};
const MIGRATION = `${setAll(false, KEEPALIVE, MIGRATION_WAITS)}; ${CHECK_CLIENT}`;

export type SessionKind = 'work' | 'signals' | 'migration';

const SETTINGS: Record<SessionKind, string> = {
  work: SESSION,
  signals: SIGNALS,
  migration: MIGRATION,
};

/**
 * In one round trip, before the connection is used for anything. By statements and not as startup
 * parameters, because a pooler refuses those that it does not know.
 */
export async function setSession(client: ClientBase, kind: SessionKind): Promise<void> {
  const statement = { text: SETTINGS[kind], query_timeout: ANSWER_WITHIN_MS };
  await client.query(statement as QueryConfig);
}

/** What waited for a lock must see what was committed meanwhile, whatever the database's default is. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
const SET_LOCAL = setAll(true, WAITS, PLANNER);

/**
 * What a transaction begins with. Behind a transaction pooler a session's settings are anybody's:
 * there each transaction makes them.
 *
 * @param lockWaitMs how long it may wait for a lock; undefined: as briefly as whatever is shared
 */
export function beginStatements(hasSession: boolean, lockWaitMs?: number): string[] {
  const statements = hasSession ? [BEGIN] : [BEGIN, SET_LOCAL];
  if (lockWaitMs !== undefined) {
    statements.push(`SELECT set_config('lock_timeout', '${Math.ceil(lockWaitMs)}', true)`);
  }
  return statements;
}

/** What the migrations' transaction begins with, whoever's session it is in. */
export const beginMigration = (): string[] => [BEGIN, setAll(true, MIGRATION_WAITS)];

/** Undefined, or why the connection is of no more use. */
export const rollBack = (client: PoolClient): Promise<Error | undefined> =>
  client.query('ROLLBACK').then(
    () => undefined,
    (error) => error,
  );
