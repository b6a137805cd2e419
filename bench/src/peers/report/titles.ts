import type { ScenarioName } from '../peer.js';

export const TITLES: Record<ScenarioName, string> = {
  publish: 'Publish one message',
  cycle: 'Publish, receive, ack: one message',
  'batch-cycle': 'Publish, receive, ack: batches',
};

/** In the order of a report. */
export const REPORTED = Object.keys(TITLES) as ScenarioName[];
