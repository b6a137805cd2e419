import { call, rawPost } from '../../calls/api-call.js';
import { CONSUME_PATH, consumeBody } from '../../calls/consume-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillEvenly } from '../../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { againstBareRoute } from '../../references/bare-route/against-bare-route.js';

export const consume = againstBareRoute(
  {
    name: 'consume',
    summary: 'one message per request from a full queue, no ack, each answer after the commit',
    unit: 'messages',
    target: 0.5,
    aim: 0.65,
  },
  async (server, { queues: queueCount, payloadBytes }) => {
    const queues = await createQueues(server, queueCount);
    const [first = ''] = queues;
    await call(server, PUBLISH_PATH, publishBody(first, {}, payloadBytes));
    const answer = await call(server, CONSUME_PATH, consumeBody(first));
    const requests = queues.map((queue) =>
      rawPost(CONSUME_PATH, server.apiKey, consumeBody(queue)),
    );
    return {
      traffic: { kind: 'requests', requests, refuseText: '"messages":[]' },
      referenceAnswers: { [CONSUME_PATH]: answer },
      prefill: (messageCount) => fillEvenly(server, queues, messageCount, payloadBytes),
    };
  },
);
