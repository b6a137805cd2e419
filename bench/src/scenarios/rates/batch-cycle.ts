import { call } from '../../calls/api-call.js';
import {
  ACK_BATCH_PATH,
  ackBatchBody,
  batchBody,
  deliveriesIn,
  PUBLISH_BATCH_PATH,
} from '../../calls/batch-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import type { Scenario } from '../../comparison/scenario.js';
import { CONSUME_PATH, consumeBody } from '../../load/drivers/cycle-driver.js';
import { againstBareRoute, type Prepared } from '../../references/bare-route/against-bare-route.js';
import type { MillraceServer } from '../../servers/server-process.js';

export function batchCycle(size: number): Scenario {
  const name = `batch-cycle-${size}`;
  return {
    name,
    summary: `publish_batch, consume, ack_batch of ${size} messages each`,

    contests: (bench) => [
      againstBareRoute(
        { name, unit: 'messages', kind: 'rate', countPerUnit: size },
        bench,
        () => bench.stores.chosen(),
        (server) => prepare(server, size, bench.settings.payloadBytes),
      ),
    ],
  };
}

/** Runs one cycle, to get real answers of the server. */
async function prepare(
  server: MillraceServer,
  size: number,
  payloadBytes: number,
): Promise<Prepared> {
  const [queue = ''] = await createQueues(server, 1);
  const published = await call(server, PUBLISH_BATCH_PATH, batchBody(queue, size, payloadBytes));
  const consumed = await call(server, CONSUME_PATH, consumeBody(queue, size));
  const ack = ackBatchBody(queue, deliveriesIn(Buffer.from(consumed)));
  const acked = await call(server, ACK_BATCH_PATH, ack);
  return {
    traffic: {
      kind: 'batch-cycle',
      apiKey: server.apiKey,
      queue,
      size,
      publishes: true,
      payloadBytes,
    },
    referenceAnswers: {
      [PUBLISH_BATCH_PATH]: published,
      [CONSUME_PATH]: consumed,
      [ACK_BATCH_PATH]: acked,
    },
  };
}
