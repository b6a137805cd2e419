import type { DeadLetterReason } from '../queue/message-state.js';

/** Where a dead letter came from and why; all null for a message that is none. */
export interface DeadLetterSource {
  readonly sourceQueueId: number | null;
  readonly sourceQueue: string | null;
  readonly deadLetteredAtMs: number | null;
  readonly deadLetterReason: DeadLetterReason | null;
  /**
   * As what it had become a dead letter before that, EarlierSource[] as JSON, the oldest first; null
   * for most. It died again in the queue that kept it, and a redrive brings it back there.
   */
  readonly earlierSources: string | null;
}

type EarlierSource = Omit<DeadLetterSource, 'earlierSources'>;

/** A message that went on more often finds the way back over so many queues, and is then at home. */
export const EARLIER_SOURCES_KEPT = 20;

const NO_SOURCE: DeadLetterSource = {
  sourceQueueId: null,
  sourceQueue: null,
  deadLetteredAtMs: null,
  deadLetterReason: null,
  earlierSources: null,
};

/** What is kept of earlier sources when a message, itself a dead letter or not, dies again. */
export function earlierSourcesOf(message: DeadLetterSource): string | null {
  const { sourceQueueId, sourceQueue, deadLetteredAtMs, deadLetterReason } = message;
  if (sourceQueueId === null) return null;
  const latest = { sourceQueueId, sourceQueue, deadLetteredAtMs, deadLetterReason };
  return JSON.stringify([...listOf(message), latest].slice(-EARLIER_SOURCES_KEPT));
}

/** What a message is after one step home: the dead letter that it was before, or none. */
export function sourceBefore(message: DeadLetterSource): DeadLetterSource {
  const earlier = listOf(message);
  const latest = earlier.pop();
  if (latest === undefined) return NO_SOURCE;
  return { ...latest, earlierSources: earlier.length === 0 ? null : JSON.stringify(earlier) };
}

const listOf = ({ earlierSources }: DeadLetterSource): EarlierSource[] =>
  earlierSources === null ? [] : JSON.parse(earlierSources);
