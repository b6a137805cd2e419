import { call, rawPost } from '../calls/api-call.js';
import { createQueues } from '../calls/create-queues.js';
import { PUBLISH_PATH, publishBody } from '../calls/publish-call.js';
import { againstBareRoute } from '../references/against-bare-route.js';
import type { Bench, Comparison } from './scenario.js';

/** The publish scenarios, which differ only in the number of queues. */
export async function comparePublish(
  name: string,
  bench: Bench,
  queueCount: number,
): Promise<Comparison[]> {
  const measure = { name, unit: 'messages', kind: 'rate' } as const;
  const comparison = await againstBareRoute(
    measure,
    bench,
    () => bench.stores.chosen(),
    async (server) => {
      const bodies = (await createQueues(server, queueCount)).map((queue) => publishBody(queue));
      const answer = await call(server, PUBLISH_PATH, bodies[0] as string);
      const requests = bodies.map((body) => rawPost(PUBLISH_PATH, server.apiKey, body));
      return {
        traffic: { kind: 'requests', requests },
        referenceAnswers: { [PUBLISH_PATH]: answer },
      };
    },
  );
  return [comparison];
}
