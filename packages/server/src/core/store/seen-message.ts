import type { FailedDelivery, StoredMessage } from '../commands/commands.js';
import { storedMessage } from '../queue/message-fields.js';
import type { State } from '../queue/message-state.js';
import { answerBytes, failuresBytes } from './answer-size.js';
import type { Query, ReadResult, SeenMessage } from './store.js';

/** A row of a message that a caller views, read from committed state without changing the message. */
export interface SeenRow extends StoredMessage {
  readonly state: State;
  readonly dueAtMs: number | null;
  /** Read only for a call that asks for a single message. */
  readonly failureLog?: string | null;
  /** Whether it waits behind another message of its message group. */
  readonly behindHead: boolean | 0 | 1;
  readonly bytes: number;
  /** Null in the built-in dead-letter queue. */
  readonly keptIn?: string | null;
  readonly major: number;
  readonly minor: number;
}

const STATE_NAMES = ['available', 'leased', 'delayed', 'dead'] as const;

export function seenMessage(row: SeenRow): SeenMessage {
  const failures: FailedDelivery[] = row.failureLog == null ? [] : JSON.parse(row.failureLog);
  const { dueAtMs } = row;
  const state = STATE_NAMES[row.state];
  return { ...storedMessage(row), state, dueAtMs, behindHead: Boolean(row.behindHead), failures };
}

/** The answer to a call that asks for a single message. */
export function oneMessage(
  row: SeenRow | undefined,
  { maxBytes = 0, strict = false }: Query<'message'>,
): Omit<ReadResult['message'], 'queueExists'> {
  if (row === undefined) return { message: null };
  const needsBytes = answerBytes(row.bytes, row) + failuresBytes(row.failureLog ?? null);
  const isTooLarge = strict && needsBytes > maxBytes;
  return isTooLarge ? { message: null, needsBytes } : { message: seenMessage(row) };
}
