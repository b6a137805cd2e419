import pg, { type ClientBase, type PoolClient } from 'pg';
import { causeOf } from '../../core/fault.js';
import type { Log } from '../../core/log.js';
import { RefusalError } from '../../core/refusal.js';
import { StoreOpenError } from '../../core/store/store.js';
import { type ParsedUrl, type Pools, patientConfig } from './driver/connections.js';
import { beginStatements, rollBack, setSession } from './driver/sessions.js';
import { migrate } from './migrate.js';
import type { StoreClock } from './time/store-clock.js';
import { NOW } from './time/store-time-sql.js';

/** Checks before a node serves: a problem that the node cannot fix stops the start, with the reason. */

const SERVER_MIN_VERSION = 150_000;

/** Runs work that may take long. @throws StoreOpenError for any failure in it */
async function withPatientClient(
  url: ParsedUrl,
  work: (client: ClientBase) => Promise<void>,
): Promise<void> {
  const client = new pg.Client(patientConfig(url));
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (url.prepare) await setSession(client, 'migration');
    await work(client);
  } catch (error) {
    throw cannotBeUsed(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Migrates the database to the schema of this program, and begins to watch its clock.
 *
 * @throws StoreOpenError when the database cannot be reached or must not be used
 */
export const prepareDatabase = (url: ParsedUrl, log: Log, clock: StoreClock): Promise<void> =>
  withPatientClient(url, async (client) => {
    await checkDatabase(client);
    await migrate(client, log);
    const { rows } = await client.query(NOW);
    const [{ storeMs, offsetMs }] = rows;
    clock.adopt({ storeMs: Number(storeMs), offsetMs: Number(offsetMs) });
  });

/** @throws StoreOpenError when the database cannot contain a store */
async function checkDatabase(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::integer AS version,
       current_setting('server_encoding') AS encoding`,
  );
  const [{ version, encoding }] = rows;
  if (version < SERVER_MIN_VERSION) {
    throw new StoreOpenError('the database is older than PostgreSQL 15.');
  }
  if (encoding !== 'UTF8') {
    throw new StoreOpenError(
      `the database has the encoding ${encoding}, which cannot store every text. Create one with UTF8 (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), and name it in --store.`,
    );
  }
}

const DURABILITY = ['synchronous_commit', 'synchronous_standby_names', 'fsync', 'full_page_writes'];

interface Durability {
  readonly synchronous_commit: string;
  readonly synchronous_standby_names: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  /** Every role may see their number; a base backup under way does not count. */
  readonly standbys: number;
}

/** @throws StoreOpenError when sessions lack the settings that keep acknowledged calls safe */
export async function checkSessions(pools: Pools, url: ParsedUrl, log: Log): Promise<void> {
  if (url.prepare) await assertNoTransactionPooler(pools);
  const durability = await readDurability(pools, url);
  const { synchronous_commit, fsync, full_page_writes } = durability;
  if (synchronous_commit === 'off') {
    throw new StoreOpenError(
      'synchronous_commit cannot be turned on in sessions of the database, so acknowledged calls might be lost. Find out what resets it: a pooler, or a setting of the role.',
    );
  }
  if (fsync === 'off') {
    log.warn('the database runs with fsync=off; a crash of its machine loses acknowledged calls');
  }
  if (full_page_writes === 'off') {
    log.warn('the database runs with full_page_writes=off; a crash of its machine may damage it');
  }
  const { standbys, synchronous_standby_names } = durability;
  if (standbys > 0 && (synchronous_standby_names === '' || synchronous_commit === 'local')) {
    log.warn(
      'no standby of the database is synchronous; a failover loses calls that were acknowledged just before it',
      { standbys },
    );
  }
}

async function readDurability({ groups }: Pools, { prepare }: ParsedUrl): Promise<Durability> {
  return lend(groups.connect(), async (client) => {
    for (const text of beginStatements(prepare)) await client.query(text);
    const { rows } = await client.query(
      `SELECT ${DURABILITY.map((name) => `current_setting('${name}') AS ${name}`).join(', ')},
         (SELECT count(*)::integer FROM pg_stat_replication
           WHERE state IS DISTINCT FROM 'backup') AS standbys`,
    );
    await client.query('COMMIT');
    return rows[0];
  });
}

/** While one connection has an open transaction, a transaction pooler gives the other a new session. */
async function assertNoTransactionPooler({ groups, reads }: Pools): Promise<void> {
  await lend(groups.connect(), (one) =>
    lend(reads.connect(), async (other) => {
      const before = await pidOf(one);
      await other.query('BEGIN');
      await pidOf(other);
      const after = await pidOf(one);
      await other.query('COMMIT');
      if (before === after) return;
      throw new StoreOpenError(
        '--store goes through a transaction pooler. Add ?prepare=false to its url, and set --store-direct to the url of the database itself.',
      );
    }),
  );
}

async function pidOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return rows[0].pid;
}

async function lend<T>(
  lent: Promise<PoolClient>,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await lent;
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    broken = await rollBack(client);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** How the driver, or the database, says that the url and its other places have no password. */
const NO_PASSWORD = /client password must be a|empty password returned by client/;

/** For the operator: one line with the cause and what to check. */
export function cannotBeUsed(error: unknown): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  const cause =
    error instanceof RefusalError
      ? (error.refusal.fault?.cause ?? error.refusal.message)
      : causeOf(error);
  if (NO_PASSWORD.test(cause)) {
    return new StoreOpenError(
      'the database cannot be used: it asks for a password, and none was given. Set PGPASSWORD, add a line to ~/.pgpass (mode 0600), or put it into the url of --store.',
    );
  }
  return new StoreOpenError(
    `the database cannot be used: ${cause}. Check that it is running and that --store names it.`,
  );
}
