import { preparePublish } from '../prepare-publish.js';
import type { Scenario } from '../scenario.js';

export const publishHundredQueues: Scenario = {
  name: 'publish-hundred-queues',
  summary: 'the same, round-robin over 100 queues',
  prepare: (server) => preparePublish(server, 100),
};
