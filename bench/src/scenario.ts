import type { FixedAnswers } from './bare-route.js';
import type { MillraceServer } from './server-process.js';

export interface PreparedScenario {
  /** The requests for both sides, byte for byte, sent round-robin. */
  requests: string[];
  /** An answer with this text means that the scenario is not measuring what it says. */
  refuseText?: string;
  /** What the reference answers: the text of a real answer, so that its size is right. */
  referenceAnswers: FixedAnswers;
  /** Publishes so many messages, more than a round can take, before ours is measured. */
  prefill?(messageCount: number): Promise<void>;
}

export interface Scenario {
  name: string;
  summary: string;
  /** Makes the queues on a fresh server and a first real call. */
  prepare(server: MillraceServer): Promise<PreparedScenario>;
}
