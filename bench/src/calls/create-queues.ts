import type { MillraceAddress } from '../servers/server-process.js';
import { call } from './api-call.js';

/** Twelve hours, the longest lease, so that no lease runs out while a bench runs. */
const LEASE_SECONDS = 43_200;
const AT_ONCE = 32;

/** Creates queues with new names, because a given store may contain those of an earlier run. */
export async function createQueues(
  server: MillraceAddress,
  count: number,
  settingsOf: (index: number) => object = () => ({}),
): Promise<string[]> {
  const run = Date.now().toString(36);
  const names = Array.from({ length: count }, (_, index) => `bench-${run}-${index}`);
  for (let from = 0; from < count; from += AT_ONCE) {
    const calls = names.slice(from, from + AT_ONCE).map((name, offset) => {
      const settings = settingsOf(from + offset);
      const body = { name, visibility_timeout_default: LEASE_SECONDS, ...settings };
      return call(server, '/v1/queue/create', JSON.stringify(body));
    });
    await Promise.all(calls);
  }
  return names;
}
