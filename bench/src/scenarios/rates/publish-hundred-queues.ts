import { comparePublish } from '../../comparison/compare-publish.js';
import type { Scenario } from '../../comparison/scenario.js';

const NAME = 'publish-hundred-queues';

export const publishHundredQueues: Scenario = {
  name: NAME,
  summary: 'one 200-byte message per request, round-robin over 100 queues',
  run: (bench) => comparePublish(NAME, bench, 100),
};
