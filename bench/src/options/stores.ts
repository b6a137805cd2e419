import type { StoresSettings } from '../servers/stores.js';

/** For `parseArgs`. */
export const STORE_OPTIONS = {
  postgres: { type: 'string' },
  'data-dir': { type: 'string' },
} as const;

export const readStores = (
  store: string,
  { postgres, 'data-dir': dataDir }: { postgres?: string; 'data-dir'?: string },
): StoresSettings => ({
  store,
  ...(postgres !== undefined && { postgresUrl: postgres }),
  ...(dataDir !== undefined && { dataDir }),
});
