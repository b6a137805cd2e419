import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { Clock } from '#server/core/clock';
import { NO_LIMITS, type StorageLimits } from '#server/core/limits/storage-limits';
import type { Store } from '#server/core/store/store';
import { PostgresStore } from '#server/store/postgres/postgres-store';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';

/**
 * A store as the suites see it: another store is one more factory here, and runs all of them. A server
 * is started on `url`; `open` opens the port itself, on a clock of the test.
 */
export interface StoreFixture {
  readonly url: string;
  open(makeClock?: (earliestMs: number) => Clock, limits?: Partial<StorageLimits>): Promise<Store>;
  /** Removes all that the fixture kept. Its stores must have been stopped before. */
  remove(): Promise<void>;
}

export interface StoreFactory {
  readonly name: string;
  /** A file on this machine: the store then has its own clock and watches its own disk. */
  readonly isLocal: boolean;
  create(): Promise<StoreFixture>;
}

const sqlite: StoreFactory = {
  name: 'sqlite',
  isLocal: true,
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    const path = join(folder, 'millrace.db');
    return {
      url: `sqlite:${path}`,
      open: (makeClock, limits) =>
        SqliteStore.open({
          path,
          minFreeBytes: 0,
          limits: { ...NO_LIMITS, ...limits },
          ...(makeClock && { makeClock }),
        }),
      // In a mutation run the threads are modules of this one, which may still write their last file.
      remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    };
  },
};

const postgres: StoreFactory = {
  name: 'postgres',
  isLocal: false,
  async create() {
    const admin = new pg.Client(inject('postgresUrl'));
    await admin.connect();
    const database = `millrace_${randomBytes(8).toString('hex')}`;
    await admin.query(`CREATE DATABASE ${database}`);
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${database}`;
    return {
      url: url.toString(),
      open: (makeClock, limits) =>
        PostgresStore.open({
          url: url.toString(),
          maxConnections: 6,
          limits: { ...NO_LIMITS, ...limits },
          ...(makeClock && { makeClock }),
        }),
      async remove() {
        await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
        await admin.end();
      },
    };
  },
};

/** The mutation run leaves PostgreSQL out, which takes too long for each mutant. */
export const STORE_FACTORIES: readonly StoreFactory[] =
  process.env.MILLRACE_TEST_STORES === 'sqlite' ? [sqlite] : [sqlite, postgres];
