import type { ScenarioName } from '../peer.js';

export const TITLES: Record<ScenarioName, string> = {
  publish: 'Publish one message',
  cycle: 'Publish, receive, ack: one message',
  'batch-cycle': 'Publish, receive, ack: batches',
};
