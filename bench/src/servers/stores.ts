import { statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres, type PostgresServer } from './postgres-server.js';

const TMPFS_MAGIC = 0x01021994;

export type StoreKind = 'sqlite' | 'postgres';

export interface StoresSettings {
  /** A kind, of which each round gets a new one, or the URL of one store for all rounds. */
  store: string;
  /** A PostgreSQL server to make databases on; without one, it is started here. */
  postgresUrl?: string;
  /** Where files are made. A memory file system makes fsync free and the numbers false. */
  dataDir?: string;
}

/** A database without tables: what a server or pg-boss is pointed at. */
export interface NewStore {
  url: string;
  remove(): Promise<void>;
}

/** Makes empty stores, and removes what it made. PostgreSQL starts when it is first asked for. */
export class Stores {
  #postgres: Promise<PostgresServer> | undefined;
  #postgresVersion: string | undefined;
  #usedSqlite = false;

  constructor(readonly settings: StoresSettings) {}

  /** What `--store` asks for. */
  chosen(): Promise<NewStore> {
    const { store } = this.settings;
    if (isKind(store)) return this.make(store);
    return Promise.resolve({ url: store, remove: async () => {} });
  }

  make(kind: StoreKind): Promise<NewStore> {
    return kind === 'sqlite' ? this.#makeSqlite() : this.#makePostgres();
  }

  /** What was used; only the kind of a store that was passed in: its URL may hold a password. */
  describe(): string {
    const { store, dataDir } = this.settings;
    const inMemory = statfsSync(dataDir ?? tmpdir()).type === TMPFS_MAGIC;
    const sqlite = inMemory
      ? 'sqlite ON A MEMORY FILE SYSTEM, where fsync costs nothing'
      : 'sqlite';
    const used = [
      ...(isKind(store) ? [] : [`given ${store.split(':')[0]}`]),
      ...(this.#usedSqlite ? [sqlite] : []),
      ...(this.#postgresVersion === undefined ? [] : [this.#postgresVersion]),
    ];
    return used.join(', ');
  }

  async stop(): Promise<void> {
    const server = await this.#postgres?.catch(() => undefined);
    await server?.stop();
  }

  async #makeSqlite(): Promise<NewStore> {
    this.#usedSqlite = true;
    const folder = await mkdtemp(join(this.settings.dataDir ?? tmpdir(), 'millrace-bench-'));
    return {
      url: `sqlite:${join(folder, 'millrace.db')}`,
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }

  async #makePostgres(): Promise<NewStore> {
    this.#postgres ??= openPostgres(this.settings.postgresUrl, this.settings.dataDir);
    const server = await this.#postgres;
    this.#postgresVersion = server.version;
    const url = await server.createDatabase();
    return { url, remove: () => server.dropDatabase(url) };
  }
}

export const isKind = (store: string): store is StoreKind =>
  store === 'sqlite' || store === 'postgres';
