import type { Scenario } from '../scenario.js';
import { consume } from './consume.js';
import { publishHundredQueues } from './publish-hundred-queues.js';
import { publishOneQueue } from './publish-one-queue.js';

export const scenarios: readonly Scenario[] = [publishOneQueue, publishHundredQueues, consume];
