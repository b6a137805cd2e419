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

/** What is looked at before a node serves: what cannot be made good stops the start, and says why. */

const SERVER_MIN_VERSION = 150_000;

/** @throws StoreOpenError whatever fails in the work of this connection, which may take its time */
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
 * Brings the database to what this program knows, and begins to watch its clock.
 *
 * @throws StoreOpenError when it cannot be reached or is not ours to use
 */
export const prepareDatabase = (url: ParsedUrl, log: Log, clock: StoreClock): Promise<void> =>
  withPatientClient(url, async (client) => {
    await checkDatabase(client);
    await migrate(client, log);
    const { rows } = await client.query(NOW);
    const [{ storeMs, offsetMs }] = rows;
    clock.adopt({ storeMs: Number(storeMs), offsetMs: Number(offsetMs) });
  });

/** @throws StoreOpenError when the database can hold no store */
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
      `the database has the encoding ${encoding}, which cannot hold every text. Make one with UTF8 (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), and let --store name it.`,
    );
  }
}

const DURABILITY = ['synchronous_commit', 'synchronous_standby_names', 'fsync', 'full_page_writes'];

interface Durability {
  readonly synchronous_commit: string;
  readonly synchronous_standby_names: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  /** Everybody sees that there are some; a copy being made is none. */
  readonly standbys: number;
}

/** @throws StoreOpenError when sessions are not as what is acknowledged needs them */
export async function checkSessions(pools: Pools, url: ParsedUrl, log: Log): Promise<void> {
  if (url.prepare) await assertNoTransactionPooler(pools);
  const durability = await readDurability(pools, url);
  const { synchronous_commit, fsync, full_page_writes } = durability;
  if (synchronous_commit === 'off') {
    throw new StoreOpenError(
      'synchronous_commit cannot be set in the sessions of the database, and what is acknowledged might be lost. See what resets it: a pooler, or a setting of the role.',
    );
  }
  if (fsync === 'off') {
    log.warn('the database runs with fsync=off; what is acknowledged is lost with its machine');
  }
  if (full_page_writes === 'off') {
    log.warn('the database runs with full_page_writes=off; a crash of its machine may damage it');
  }
  const { standbys, synchronous_standby_names } = durability;
  if (standbys > 0 && (synchronous_standby_names === '' || synchronous_commit === 'local')) {
    log.warn(
      'no standby of the database is synchronous; a failover loses what was acknowledged in the last moments before it',
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

/** While one connection has a transaction open, a transaction pooler gives the other another session. */
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
        '--store leads through a transaction pooler. Add ?prepare=false to the url, and let --store-direct name the database itself.',
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

/** For the operator: one line, and what to look at. */
export function cannotBeUsed(error: unknown): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  const cause =
    error instanceof RefusalError
      ? (error.refusal.fault?.cause ?? error.refusal.message)
      : causeOf(error);
  return new StoreOpenError(
    `the database cannot be used: ${cause}. See that it is running and that --store names it.`,
  );
}
