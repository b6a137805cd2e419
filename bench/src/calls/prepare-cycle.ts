import type { CycleTraffic } from '../load/drivers/traffic.js';
import type { FixedAnswers } from '../references/bare-route/bare-route.js';
import type { MillraceServer } from '../servers/server-process.js';
import { call } from './api-call.js';
import {
  ACK_PATH,
  ackBody,
  CONSUME_PATH,
  consumeBody,
  type Delivery,
  deliveriesIn,
} from './consume-calls.js';
import { createQueues } from './create-queues.js';
import { PAYLOAD_BYTES, PUBLISH_PATH, publishBody } from './publish-call.js';

interface CycleShape {
  queues?: number;
  payloadBytes?: number;
}

export interface PreparedCycle {
  traffic: CycleTraffic;
  answers: FixedAnswers;
  /** The body of the ack, which has already had its effect. */
  lastAck: string;
}

/** Creates queues for the cycles and runs one cycle, to get real answers of the server. */
export async function prepareCycle(
  server: MillraceServer,
  { queues: queueCount = 1, payloadBytes = PAYLOAD_BYTES }: CycleShape = {},
): Promise<PreparedCycle> {
  const queues = await createQueues(server, queueCount);
  const [queue = ''] = queues;
  const published = await call(server, PUBLISH_PATH, publishBody(queue, {}, payloadBytes));
  const consumed = await call(server, CONSUME_PATH, consumeBody(queue));
  const [delivery] = deliveriesIn(Buffer.from(consumed));
  const lastAck = ackBody(queue, delivery as Delivery);
  const acked = await call(server, ACK_PATH, lastAck);
  return {
    traffic: { kind: 'cycle', apiKey: server.apiKey, queues, publishes: true, payloadBytes },
    answers: { [PUBLISH_PATH]: published, [CONSUME_PATH]: consumed, [ACK_PATH]: acked },
    lastAck,
  };
}
