import { runLoad } from '../load/load-process.js';
import type { MillraceAddress } from '../servers/server-process.js';
import { rawPost } from './api-call.js';
import { batchBody, groupBatchBody, PUBLISH_BATCH_PATH } from './batch-calls.js';

const BATCH = 1000;
/** So many messages at a time are passed to the process that publishes them. */
const SPREAD_MESSAGES = 100_000;
const CONNECTIONS = 4;
const LIMIT_MS = 3_600_000;

/** Publishes exactly this many messages as fast as the server accepts them. */
export async function fillQueue(
  server: MillraceAddress,
  queue: string,
  messageCount: number,
  payloadBytes?: number,
): Promise<void> {
  const bodyOf = (size: number): string => batchBody(queue, size, payloadBytes);
  await publishBatches(server, [bodyOf(BATCH)], Math.floor(messageCount / BATCH));
  const rest = messageCount % BATCH;
  if (rest > 0) await publishBatches(server, [bodyOf(rest)], 1);
}

/** Publishes at least this many messages to all queues together, to each as many. */
export async function fillEvenly(
  server: MillraceAddress,
  queues: readonly string[],
  messageCount: number,
  payloadBytes: number,
): Promise<void> {
  const inEach = Math.ceil(messageCount / queues.length);
  for (const queue of queues) await fillQueue(server, queue, inEach, payloadBytes);
}

/** Publishes at least this many messages to each queue, in whole batches. */
export function fillQueues(
  server: MillraceAddress,
  queues: readonly string[],
  messagesPerQueue: number,
  payloadBytes?: number,
): Promise<void> {
  const bodies = queues.map((queue) => batchBody(queue, BATCH, payloadBytes));
  return publishBatches(server, bodies, Math.ceil(messagesPerQueue / BATCH));
}

/** Publishes this many messages to each of these message groups of a FIFO queue. */
export function fillGroups(
  server: MillraceAddress,
  queue: string,
  groups: readonly string[],
  messagesPerGroup: number,
): Promise<void> {
  // Many messages of one message group go in batches too.
  const repeated = Math.max(1, Math.min(messagesPerGroup, Math.floor(BATCH / groups.length)));
  const places = groups.flatMap((group) => Array<string>(repeated).fill(group));
  const bodies: string[] = [];
  for (let from = 0; from < places.length; from += BATCH) {
    bodies.push(groupBatchBody(queue, places.slice(from, from + BATCH)));
  }
  return publishBatches(server, bodies, Math.ceil(messagesPerGroup / repeated));
}

/** Publishes at least this many messages, as many to each of the queues, of which there may be thousands. */
export async function fillSpread(
  server: MillraceAddress,
  queues: readonly string[],
  messageCount: number,
  payloadBytes?: number,
): Promise<void> {
  const inEach = Math.ceil(messageCount / queues.length);
  const size = Math.min(inEach, BATCH);
  const atOnce = Math.ceil(SPREAD_MESSAGES / size);
  for (let from = 0; from < queues.length; from += atOnce) {
    const bodies = queues
      .slice(from, from + atOnce)
      .map((queue) => batchBody(queue, size, payloadBytes));
    await publishBatches(server, bodies, Math.ceil(inEach / size));
  }
}

/** Publishes each of these batches so many times. */
export async function publishBatches(
  server: MillraceAddress,
  bodies: readonly string[],
  times: number,
): Promise<void> {
  const batches = bodies.length * times;
  if (batches === 0) return;
  await runLoad({
    port: server.port,
    connections: Math.min(CONNECTIONS, batches),
    traffic: {
      kind: 'requests',
      requests: bodies.map((body) => rawPost(PUBLISH_BATCH_PATH, server.apiKey, body)),
    },
    unitLimit: batches,
    warmupMs: 0,
    durationMs: LIMIT_MS,
  });
}
