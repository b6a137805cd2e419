import { ManagingClient } from '../../harness/managing-client.js';
import type { StoreFactory } from '../../harness/stores.js';
import { type RunningServer, useServer } from '../use-server.js';

/** A server for one `describe`, with a client for the calls that manage queues. */
export function useManager(
  factory: StoreFactory,
  flags: readonly string[] = [],
): { running: RunningServer; client: ManagingClient; clock: RunningServer['clock'] } {
  const running = useServer(factory, flags);
  return { running, client: new ManagingClient(running), clock: running.clock };
}
