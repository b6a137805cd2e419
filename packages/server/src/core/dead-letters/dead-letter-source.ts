import type { DeadLetterReason } from '../queue/message-state.js';

/** Where a dead letter came from and why; all null for a message that is not a dead letter. */
export interface DeadLetterSource {
  readonly sourceQueueId: number | null;
  readonly sourceQueue: string | null;
  readonly deadLetteredAtMs: number | null;
  readonly deadLetterReason: DeadLetterReason | null;
  /**
   * The sources it had before, if it was a dead letter already and failed again in its dead-letter queue:
   * EarlierSource[] as JSON, the oldest first; null for most. A redrive takes it back one step.
   */
  readonly earlierSources: string | null;
}

type EarlierSource = Omit<DeadLetterSource, 'earlierSources'>;

/** Redrives take a message back over this many earlier sources; older ones are forgotten. */
export const EARLIER_SOURCES_KEPT = 20;

const NO_SOURCE: DeadLetterSource = {
  sourceQueueId: null,
  sourceQueue: null,
  deadLetteredAtMs: null,
  deadLetterReason: null,
  earlierSources: null,
};

/** The earlier sources to keep when a message, a dead letter or not, becomes a dead letter. */
export function earlierSourcesOf(message: DeadLetterSource): string | null {
  const { sourceQueueId, sourceQueue, deadLetteredAtMs, deadLetterReason } = message;
  if (sourceQueueId === null) return null;
  const latest = { sourceQueueId, sourceQueue, deadLetteredAtMs, deadLetterReason };
  return JSON.stringify([...listOf(message), latest].slice(-EARLIER_SOURCES_KEPT));
}

/** The source of a message after a redrive: that of the dead letter it was before, or none. */
export function sourceBefore(message: DeadLetterSource): DeadLetterSource {
  const earlier = listOf(message);
  const latest = earlier.pop();
  if (latest === undefined) return NO_SOURCE;
  return { ...latest, earlierSources: earlier.length === 0 ? null : JSON.stringify(earlier) };
}

const listOf = ({ earlierSources }: DeadLetterSource): EarlierSource[] =>
  earlierSources === null ? [] : JSON.parse(earlierSources);
