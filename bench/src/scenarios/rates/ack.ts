import { rawPost } from '../../calls/api-call.js';
import { ACK_PATH } from '../../calls/consume-calls.js';
import { fillEvenly } from '../../calls/fill-queue.js';
import { prepareCycle } from '../../calls/prepare-cycle.js';
import { againstBareRoute } from '../../references/bare-route/against-bare-route.js';

export const ack = againstBareRoute(
  {
    name: 'ack',
    summary: 'one message per request, all leased beforehand, each answer after the commit',
    unit: 'messages',
    target: 0.5,
    aim: 0.65,
  },
  async (server, settings) => {
    const { traffic, answers, lastAck } = await prepareCycle(server, settings);
    const { apiKey, queues } = traffic;
    return {
      traffic: { kind: 'acks', apiKey, queues },
      // The ids and receipts of other messages are as long as these.
      referenceTraffic: { kind: 'requests', requests: [rawPost(ACK_PATH, apiKey, lastAck)] },
      referenceAnswers: answers,
      prefill: (messageCount) => fillEvenly(server, queues, messageCount, settings.payloadBytes),
    };
  },
);
