import { loadConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';

/** The settings that name the store, for commands that work on its file. */
export const STORE_FLAGS = {
  store: { type: 'string' },
  'store-file': { type: 'string' },
  config: { type: 'string' },
} as const;

/** @throws ConfigError unless the store is a SQLite file */
export function sqlitePath(
  command: string,
  flags: { readonly [name in keyof typeof STORE_FLAGS]?: string | undefined },
): string {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const { store } = loadConfig(args);
  if (store.startsWith('sqlite:')) return store.slice('sqlite:'.length);
  throw new ConfigError(
    `"millrace ${command}" works on SQLite stores only. For PostgreSQL use pg_dump and pg_restore, or point-in-time recovery; docs/operations.md says how`,
  );
}
