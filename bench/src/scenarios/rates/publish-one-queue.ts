import { comparePublish } from '../../comparison/compare-publish.js';
import type { Scenario } from '../../comparison/scenario.js';

const NAME = 'publish-one-queue';

export const publishOneQueue: Scenario = {
  name: NAME,
  summary: 'one 200-byte message per request to one queue, each answer after the commit',
  run: (bench) => comparePublish(NAME, bench, 1),
};
