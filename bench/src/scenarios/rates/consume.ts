import { call, rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import type { Scenario } from '../../comparison/scenario.js';
import { CONSUME_PATH, consumeBody } from '../../load/cycle-driver.js';
import { againstBareRoute } from '../../references/against-bare-route.js';

const NAME = 'consume';

export const consume: Scenario = {
  name: NAME,
  summary: 'one message per request from a full queue, no ack, each answer after the commit',

  async run(bench) {
    const comparison = await againstBareRoute(
      { name: NAME, unit: 'messages', kind: 'rate' },
      bench,
      () => bench.stores.chosen(),
      async (server) => {
        const [queue = ''] = await createQueues(server, 1);
        const body = consumeBody(queue);
        await call(server, PUBLISH_PATH, publishBody(queue));
        const answer = await call(server, CONSUME_PATH, body);
        return {
          traffic: {
            kind: 'requests',
            requests: [rawPost(CONSUME_PATH, server.apiKey, body)],
            refuseText: '"messages":[]',
          },
          referenceAnswers: { [CONSUME_PATH]: answer },
          prefill: (messageCount) => fillQueue(server, queue, messageCount),
        };
      },
    );
    return [comparison];
  },
};
