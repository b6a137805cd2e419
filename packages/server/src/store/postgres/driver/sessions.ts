import type { ClientBase, PoolClient, QueryConfig } from 'pg';

/**
 * The settings of each session on the database, whatever the defaults of the database, the role or a
 * pooler are. If a node vanishes or is suspended between two round trips, the server ends its
 * transaction within seconds, and its locks are released. And every wait of a node has an end.
 */

/** How long the settings of a new session may take. */
const ANSWER_WITHIN_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 8_000;
/** A commit group pauses this long between two statements only if its node is suspended or gone. */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** The longest wait for a lock in a commit group that many callers share. */
export const SHARED_LOCK_WAIT_MS = 500;
/** How long a node that starts waits for one that migrates, which may be gone. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/** Together these detect within some ten seconds that the other end is gone. */
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
 * Rows come and go too fast for statistics: index lookups, row by row, are always the right plan. No
 * parameter values make another plan better, so planning for each execution, which is a sixth of the
 * database's work, gains nothing. A table without an index still gets a sequential scan, whose cost counts
 * as enormous then: up to PostgreSQL 17 that has the database compile the statement each time, for half a
 * second, where it is built with LLVM.
 */
const PLANNER = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

/** Statements have lists as text, in which NULL must not be a word. */
const TEXTS = { array_nulls: 'on' };

const quote = (settings: Record<string, string>, isLocal: boolean): string[] =>
  Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', ${isLocal})`);

/** Acknowledged calls must be on disk. Every value other than `off` ensures at least that here. */
const DURABLE = (isLocal: boolean): string =>
  `set_config('synchronous_commit', CASE current_setting('synchronous_commit')
     WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, ${isLocal})`;

/**
 * Makes the server check whether the client is still there while a statement runs or waits, if it can.
 */
const CHECK_CLIENT = `DO $$ BEGIN
  PERFORM set_config('client_connection_check_interval', '2000', false);
EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$`;

const setAll = (isLocal: boolean, ...settings: Record<string, string>[]): string =>
  `SELECT ${[DURABLE(isLocal), ...settings.flatMap((each) => quote(each, isLocal))].join(', ')}`;

const SESSION = `${setAll(false, KEEPALIVE, WAITS, PLANNER, TEXTS)}; ${CHECK_CLIENT}`;
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
 * Makes the settings in one round trip, before the connection is used. It uses statements and not
 * startup parameters, because a pooler refuses parameters that it does not know.
 */
export async function setSession(client: ClientBase, kind: SessionKind): Promise<void> {
  const statement = { text: SETTINGS[kind], query_timeout: ANSWER_WITHIN_MS };
  await client.query(statement as QueryConfig);
}

/** After a wait for a lock, a statement must see newer commits, whatever the database's default is. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
const SET_LOCAL = setAll(true, WAITS, PLANNER, TEXTS);

/**
 * The statements that begin a transaction. Behind a transaction pooler sessions are shared, so each
 * transaction makes the settings.
 *
 * @param lockWaitMs how long it may wait for a lock; undefined: `SHARED_LOCK_WAIT_MS`
 */
export function beginStatements(hasSession: boolean, lockWaitMs?: number): string[] {
  const statements = hasSession ? [BEGIN] : [BEGIN, SET_LOCAL];
  if (lockWaitMs !== undefined) {
    statements.push(`SELECT set_config('lock_timeout', '${Math.ceil(lockWaitMs)}', true)`);
  }
  return statements;
}

/** The statements that begin the transaction of the migrations, in any session. */
export const beginMigration = (): string[] => [BEGIN, setAll(true, MIGRATION_WAITS)];

/** @returns undefined, or why the connection must not be used any more */
export const rollBack = (client: PoolClient): Promise<Error | undefined> =>
  client.query('ROLLBACK').then(
    () => undefined,
    (error) => error,
  );
