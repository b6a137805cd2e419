import type { MillraceServer } from '../servers/server-process.js';
import { publishBatches } from './fill-queue.js';
import { payload } from './publish-call.js';

const BATCH = 1000;
/** Delays of hours, so that none ends while a bench runs. */
const DELAYS_SECONDS = [3 * 3600, 8 * 3600, 24 * 3600];

export const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Publishes this many messages to each queue, of all priorities, a tenth of them delayed. */
export async function fillMixed(
  server: MillraceServer,
  queues: readonly string[],
  messagesPerQueue: number,
): Promise<void> {
  const fullBatches = Math.floor(messagesPerQueue / BATCH);
  await publishToEach(server, queues, BATCH, fullBatches);
  await publishToEach(server, queues, messagesPerQueue % BATCH, 1);
}

async function publishToEach(
  server: MillraceServer,
  queues: readonly string[],
  batchSize: number,
  times: number,
): Promise<void> {
  if (batchSize === 0) return;
  const messages = `[${Array.from({ length: batchSize }, (_, index) => mixedMessage(index))}]`;
  const bodies = queues.map((queue) => `{"queue":"${queue}","messages":${messages}}`);
  await publishBatches(server, bodies, times);
}

/** One message in ten is delayed, each time one of another priority. */
function mixedMessage(index: number): string {
  const round = Math.floor(index / PRIORITIES.length);
  const priority = index % PRIORITIES.length;
  const isDelayed = priority === round % PRIORITIES.length;
  const delay = isDelayed
    ? `,"delay_seconds":${DELAYS_SECONDS[round % DELAYS_SECONDS.length]}`
    : '';
  return `{"payload":${payload},"priority":${priority}${delay}}`;
}
