import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../harness/postgres.js';

/** Each attack has a separate store, so that none finds data of another. */
export interface Stores {
  newUrl(): Promise<string>;
  remove(): Promise<void>;
}

export async function openStores(kind: 'sqlite' | 'postgres'): Promise<Stores> {
  return kind === 'sqlite' ? sqliteStores() : postgresStores();
}

async function sqliteStores(): Promise<Stores> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-hostile-'));
  let count = 0;
  // Also when the run is interrupted.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    async newUrl() {
      // The data of the previous attack may be a gigabyte.
      await rm(join(folder, String(count)), { recursive: true, force: true });
      count += 1;
      return `sqlite:${join(folder, String(count), 'millrace.db')}`;
    },
    remove: async () => {},
  };
}

async function postgresStores(): Promise<Stores> {
  const { url, stop } = await startPostgres();
  let database: string | undefined;
  return {
    async newUrl() {
      const admin = new pg.Client(url);
      await admin.connect();
      if (database !== undefined) await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      database = `hostile_${randomBytes(6).toString('hex')}`;
      await admin.query(`CREATE DATABASE ${database}`);
      await admin.end();
      return Object.assign(new URL(url), { pathname: `/${database}` }).toString();
    },
    remove: stop,
  };
}
