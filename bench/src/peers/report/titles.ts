import type { ScenarioName } from '../peer.js';

export const TITLES: Record<ScenarioName, string> = {
  publish: 'Publish one message',
  cycle: 'Publish, receive, ack: one message',
  'batch-publish': 'Publish batches',
  'batch-cycle': 'Publish, receive, ack: batches',
  work: 'Handle messages that wait, with empty handlers',
};

/** In the order of a report. */
export const REPORTED = Object.keys(TITLES) as ScenarioName[];
