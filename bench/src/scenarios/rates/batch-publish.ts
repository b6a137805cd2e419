import { call, rawPost } from '../../calls/api-call.js';
import { batchBody, PUBLISH_BATCH_PATH } from '../../calls/batch-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import type { Scenario } from '../../comparison/scenario.js';
import { againstBareRoute } from '../../references/bare-route/against-bare-route.js';

export const batchPublish = (size: number): Scenario =>
  againstBareRoute(
    {
      name: `batch-publish-${size}`,
      summary: `publish_batch of ${size} messages, each answer after the commit`,
      unit: 'messages',
      countPerUnit: size,
    },
    async (server, { payloadBytes }) => {
      const [queue = ''] = await createQueues(server, 1);
      const body = batchBody(queue, size, payloadBytes);
      const answer = await call(server, PUBLISH_BATCH_PATH, body);
      const requests = [rawPost(PUBLISH_BATCH_PATH, server.apiKey, body)];
      return {
        traffic: { kind: 'requests', requests },
        referenceAnswers: { [PUBLISH_BATCH_PATH]: answer },
      };
    },
  );
