import { call, rawPost } from './api-call.js';
import { createQueues } from './create-queues.js';
import { PUBLISH_PATH, publishBody } from './publish-call.js';
import type { PreparedScenario } from './scenario.js';
import type { MillraceServer } from './server-process.js';

/** What the publish scenarios share: they differ only in the number of queues. */
export async function preparePublish(
  server: MillraceServer,
  queueCount: number,
): Promise<PreparedScenario> {
  const bodies = (await createQueues(server, queueCount)).map(publishBody);
  const answer = await call(server, PUBLISH_PATH, bodies[0] as string);
  return {
    requests: bodies.map((body) => rawPost(PUBLISH_PATH, server.apiKey, body)),
    referenceAnswers: { [PUBLISH_PATH]: answer },
  };
}
