import { ACK_PATH, ackBody, CONSUME_PATH, consumeBody } from '../load/cycle-driver.js';
import type { CycleTraffic } from '../load/traffic.js';
import type { FixedAnswers } from '../references/bare-route.js';
import type { MillraceServer } from '../servers/server-process.js';
import { call } from './api-call.js';
import { createQueues } from './create-queues.js';
import { PUBLISH_PATH, publishBody } from './publish-call.js';

/** Creates a queue for the cycles and runs one cycle, to get real answers of the server. */
export async function prepareCycle(
  server: MillraceServer,
): Promise<{ traffic: CycleTraffic; answers: FixedAnswers }> {
  const [queue = ''] = await createQueues(server, 1);
  const published = await call(server, PUBLISH_PATH, publishBody(queue));
  const consumed = await call(server, CONSUME_PATH, consumeBody(queue));
  const acked = await call(server, ACK_PATH, ackBody(queue, Buffer.from(consumed)) ?? '');
  return {
    traffic: { kind: 'cycle', apiKey: server.apiKey, queues: [queue], publishes: true },
    answers: { [PUBLISH_PATH]: published, [CONSUME_PATH]: consumed, [ACK_PATH]: acked },
  };
}
