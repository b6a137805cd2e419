import { preparePublish } from '../prepare-publish.js';
import type { Scenario } from '../scenario.js';

export const publishOneQueue: Scenario = {
  name: 'publish-one-queue',
  summary: 'one 200-byte message per request into one queue, each answer after the fsync',
  prepare: (server) => preparePublish(server, 1),
};
