import { call, rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import type { BenchSettings, Scenario } from '../../comparison/scenario.js';
import { CONSUME_PATH, consumeBody } from '../../load/drivers/cycle-driver.js';
import { againstBareRoute, type Prepared } from '../../references/bare-route/against-bare-route.js';
import type { MillraceServer } from '../../servers/server-process.js';

const NAME = 'consume';

export const consume: Scenario = {
  name: NAME,
  summary: 'one message per request from a full queue, no ack, each answer after the commit',

  contests: (bench) => [
    againstBareRoute(
      { name: NAME, unit: 'messages', kind: 'rate', target: 0.5, aim: 0.65 },
      bench,
      () => bench.stores.chosen(),
      (server) => prepare(server, bench.settings),
    ),
  ],
};

async function prepare(
  server: MillraceServer,
  { queues: queueCount, payloadBytes }: BenchSettings,
): Promise<Prepared> {
  const queues = await createQueues(server, queueCount);
  const [first = ''] = queues;
  await call(server, PUBLISH_PATH, publishBody(first, {}, payloadBytes));
  const answer = await call(server, CONSUME_PATH, consumeBody(first));
  const requests = queues.map((queue) => rawPost(CONSUME_PATH, server.apiKey, consumeBody(queue)));
  return {
    traffic: { kind: 'requests', requests, refuseText: '"messages":[]' },
    referenceAnswers: { [CONSUME_PATH]: answer },
    async prefill(messageCount) {
      for (const queue of queues) {
        await fillQueue(server, queue, Math.ceil(messageCount / queueCount), payloadBytes);
      }
    },
  };
}
