import { statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres, type PostgresServer, type PostgresSettings } from './postgres-server.js';

const TMPFS_MAGIC = 0x01021994;

export type StoreKind = 'sqlite' | 'postgres';

export interface StoresSettings extends PostgresSettings {
  /** The kind of store, created anew for each round, or the URL of one store for all rounds. */
  store: string;
  /** The directory for files. */
  dataDir?: string;
}

/** A database without tables, for a server or pg-boss. */
export interface NewStore {
  url: string;
  remove(): Promise<void>;
}

/** Creates empty stores and removes them again. PostgreSQL is started when it is first needed. */
export class Stores {
  #postgres: Promise<PostgresServer> | undefined;
  #postgresVersion: string | undefined;
  #usedSqlite = false;

  constructor(readonly settings: StoresSettings) {}

  /** The store that `--store` names. */
  chosen(): Promise<NewStore> {
    const { store } = this.settings;
    if (isKind(store)) return this.make(store);
    return Promise.resolve({ url: store, remove: async () => {} });
  }

  make(kind: StoreKind): Promise<NewStore> {
    return kind === 'sqlite' ? this.#makeSqlite() : this.#makePostgres();
  }

  /**
   * The stores that were used. Of a given store only the kind, because its URL may contain a password.
   */
  describe(): string {
    const { store, dataDir } = this.settings;
    const sqlite = isInMemory(dataDir ?? tmpdir())
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
    this.#postgres ??= openPostgres(this.settings);
    const server = await this.#postgres;
    this.#postgresVersion = server.version;
    const url = await server.createDatabase();
    return { url, remove: () => server.dropDatabase(url) };
  }
}

/** A memory file system makes fsync free and the numbers wrong. */
export const isInMemory = (folder: string): boolean => statfsSync(folder).type === TMPFS_MAGIC;

export const kindOf = (storeUrl: string): StoreKind =>
  storeUrl.startsWith('postgres') ? 'postgres' : 'sqlite';

export const isKind = (store: string): store is StoreKind =>
  store === 'sqlite' || store === 'postgres';
