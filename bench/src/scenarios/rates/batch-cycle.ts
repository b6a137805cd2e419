import { call } from '../../calls/api-call.js';
import { batchBody, PUBLISH_BATCH_PATH } from '../../calls/batch-calls.js';
import {
  ACK_BATCH_PATH,
  ackBatchBody,
  CONSUME_PATH,
  consumeBody,
  deliveriesIn,
} from '../../calls/consume-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import type { Scenario } from '../../comparison/scenario.js';
import { againstBareRoute, type Prepared } from '../../references/bare-route/against-bare-route.js';
import type { MillraceServer } from '../../servers/server-process.js';

export const batchCycle = (size: number): Scenario =>
  againstBareRoute(
    {
      name: `batch-cycle-${size}`,
      summary: `publish_batch, consume, ack_batch of ${size} messages each`,
      unit: 'messages',
      countPerUnit: size,
    },
    (server, { payloadBytes }) => prepare(server, size, payloadBytes),
  );

/** Runs one cycle, to get real answers of the server. */
async function prepare(
  server: MillraceServer,
  size: number,
  payloadBytes: number,
): Promise<Prepared> {
  const { apiKey } = server;
  const [queue = ''] = await createQueues(server, 1);
  const published = await call(server, PUBLISH_BATCH_PATH, batchBody(queue, size, payloadBytes));
  const consumed = await call(server, CONSUME_PATH, consumeBody(queue, size));
  const ack = ackBatchBody(queue, deliveriesIn(Buffer.from(consumed)));
  const acked = await call(server, ACK_BATCH_PATH, ack);
  return {
    traffic: { kind: 'batch-cycle', apiKey, queue, size, publishes: true, payloadBytes },
    referenceAnswers: {
      [PUBLISH_BATCH_PATH]: published,
      [CONSUME_PATH]: consumed,
      [ACK_BATCH_PATH]: acked,
    },
  };
}
