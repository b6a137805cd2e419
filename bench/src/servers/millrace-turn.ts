import { type MillraceServer, startServer } from './server-process.js';
import type { NewStore } from './stores.js';

/** Runs a new server on the store for as long as `use` takes, and then removes the store. */
export async function onNewStore<T>(
  store: NewStore,
  use: (server: MillraceServer) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  try {
    return await withServer(store.url, use, flags);
  } finally {
    await store.remove();
  }
}

export async function withServer<T>(
  storeUrl: string,
  use: (server: MillraceServer) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const server = await startServer(storeUrl, flags);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
