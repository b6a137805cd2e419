import type { MillraceAddress } from '../servers/server-process.js';
import { call } from './api-call.js';

/** Twelve hours, the longest lease, so that no lease runs out while a bench runs. */
const LEASE_SECONDS = 43_200;

/** Creates queues with new names, because a given store may contain those of an earlier run. */
export async function createQueues(
  server: MillraceAddress,
  count: number,
  settingsOf: (index: number) => object = () => ({}),
): Promise<string[]> {
  const run = Date.now().toString(36);
  const names = Array.from({ length: count }, (_, index) => `bench-${run}-${index}`);
  for (const [index, name] of names.entries()) {
    const body = { name, visibility_timeout_default: LEASE_SECONDS, ...settingsOf(index) };
    await call(server, '/v1/queue/create', JSON.stringify(body));
  }
  return names;
}
