import type { MillraceServer } from '../servers/server-process.js';
import { get } from './api-call.js';

/** Checks that the messages are there; otherwise the bench would measure something else. */
export async function expectWaiting(
  server: MillraceServer,
  queue: string,
  expected: number,
): Promise<void> {
  const { data } = JSON.parse(await get(server, `/v1/queue/stats/${queue}`));
  if (data.available !== expected) {
    throw new Error(`${data.available} messages are waiting, not ${expected}`);
  }
}
