import { type MillraceServer, startServer } from './server-process.js';
import type { NewStore } from './stores.js';

/** Runs a new server on the store for as long as `use` takes, and removes the store after it. */
export async function onNewStore<T>(
  store: NewStore,
  use: (server: MillraceServer) => Promise<T>,
): Promise<T> {
  try {
    return await withServer(store.url, use);
  } finally {
    await store.remove();
  }
}

export async function withServer<T>(
  storeUrl: string,
  use: (server: MillraceServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(storeUrl);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
