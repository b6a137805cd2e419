import { call, rawPost } from '../api-call.js';
import { createQueues } from '../create-queues.js';
import { runLoad } from '../load-process.js';
import { PUBLISH_PATH, publishBody } from '../publish-call.js';
import type { Scenario } from '../scenario.js';

const CONSUME_PATH = '/v1/queue/consume';
const PREFILL_CONNECTIONS = 64;
const PREFILL_LIMIT_MS = 300_000;

export const consume: Scenario = {
  name: 'consume',
  summary: 'one message per request out of a full queue, no ack, each lease after the fsync',

  async prepare(server) {
    const [queue = ''] = await createQueues(server, 1);
    const body = JSON.stringify({ queue, max_messages: 1 });
    await call(server, PUBLISH_PATH, publishBody(queue));
    const answer = await call(server, CONSUME_PATH, body);

    return {
      requests: [rawPost(CONSUME_PATH, server.apiKey, body)],
      refuseText: '"messages":[]',
      referenceAnswers: { [CONSUME_PATH]: answer },

      async prefill(messageCount) {
        await runLoad({
          port: server.port,
          connections: PREFILL_CONNECTIONS,
          requests: [rawPost(PUBLISH_PATH, server.apiKey, publishBody(queue))],
          requestLimit: messageCount,
          warmupMs: 0,
          durationMs: PREFILL_LIMIT_MS,
        });
      },
    };
  },
};
