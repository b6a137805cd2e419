import { runLoad } from '../load/load-process.js';
import type { MillraceServer } from '../servers/server-process.js';
import { rawPost } from './api-call.js';
import { batchBody, groupBatchBody, PUBLISH_BATCH_PATH } from './batch-calls.js';
import { PUBLISH_PATH, publishBody } from './publish-call.js';

const BATCH = 1000;
const BATCH_CONNECTIONS = 4;
const SINGLE_CONNECTIONS = 256;
const LIMIT_MS = 3_600_000;

/** Publishes this many messages as fast as the server accepts them, in batches if it has that call. */
export async function fillQueue(
  server: MillraceServer,
  queue: string,
  messageCount: number,
  payloadBytes?: number,
): Promise<void> {
  const batch = batchBody(queue, BATCH, payloadBytes);
  const batches = Math.floor(messageCount / BATCH);
  const inBatches = batches > 0 && (await takesBatch(server, batch));
  if (inBatches) {
    await sendTimes(server, PUBLISH_BATCH_PATH, [batch], batches - 1, BATCH_CONNECTIONS);
  }
  const rest = inBatches ? messageCount % BATCH : messageCount;
  await sendTimes(
    server,
    PUBLISH_PATH,
    [publishBody(queue, {}, payloadBytes)],
    rest,
    SINGLE_CONNECTIONS,
  );
}

/** Publishes at least this many messages to each queue, in whole batches. */
export function fillQueues(
  server: MillraceServer,
  queues: readonly string[],
  messagesPerQueue: number,
  payloadBytes?: number,
): Promise<void> {
  const bodies = queues.map((queue) => batchBody(queue, BATCH, payloadBytes));
  return publishBatches(server, bodies, Math.ceil(messagesPerQueue / BATCH));
}

/** Publishes this many messages to each of these message groups of a FIFO queue. */
export function fillGroups(
  server: MillraceServer,
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

const publishBatches = (
  server: MillraceServer,
  bodies: readonly string[],
  times: number,
): Promise<void> =>
  sendTimes(server, PUBLISH_BATCH_PATH, bodies, bodies.length * times, BATCH_CONNECTIONS);

/** Publishes the first batch, unless the server is a version without that call. */
async function takesBatch(server: MillraceServer, body: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${server.port}${PUBLISH_BATCH_PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  if (response.status === 404 && text.includes('ROUTE_NOT_FOUND')) return false;
  if (response.status !== 200) throw new Error(`a batch was answered ${response.status}: ${text}`);
  return true;
}

async function sendTimes(
  server: MillraceServer,
  path: string,
  bodies: readonly string[],
  times: number,
  connections: number,
): Promise<void> {
  if (times === 0) return;
  await runLoad({
    port: server.port,
    connections: Math.min(connections, times),
    traffic: {
      kind: 'requests',
      requests: bodies.map((body) => rawPost(path, server.apiKey, body)),
    },
    unitLimit: times,
    warmupMs: 0,
    durationMs: LIMIT_MS,
  });
}
