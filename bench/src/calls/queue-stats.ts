import type { MillraceAddress } from '../servers/server-process.js';
import { get } from './api-call.js';

/** How many messages are in each state. */
export interface QueueStats {
  available: number;
  in_flight: number;
  delayed: number;
  dlq: number;
}

export const statsPath = (queue: string): string => `/v1/queue/stats/${queue}`;

export async function statsOf(server: MillraceAddress, queue: string): Promise<QueueStats> {
  return JSON.parse(await get(server, statsPath(queue))).data;
}

/** Checks that the messages are there; otherwise the bench would measure something else. */
export async function expectWaiting(
  server: MillraceAddress,
  queue: string,
  expected: number,
): Promise<void> {
  const { available } = await statsOf(server, queue);
  if (available !== expected) {
    throw new Error(`${available} messages are waiting, not ${expected}`);
  }
}

/** Checks that no queue ran dry: it would not have been under load all the time. */
export async function expectLeft(
  server: MillraceAddress,
  queues: readonly string[],
): Promise<void> {
  for (const queue of queues) {
    const { available } = await statsOf(server, queue);
    if (available === 0) throw new Error(`${queue} ran dry`);
  }
}
