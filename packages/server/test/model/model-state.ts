import type { KeyRow } from '#server/core/commands';
import type { DeadLetterReason } from '#server/core/message-state';
import type { QueueRow } from '#server/core/queue-settings';

/** Everything that the model knows: plain lists, looked through from end to end. */
export interface ModelState {
  readonly queues: QueueRow[];
  messages: ModelMessage[];
  records: ModelRecord[];
  readonly keys: KeyRow[];
  /** The next place at the tail, of whichever queue. */
  nextPlace: number;
}

export interface ModelMessage {
  readonly messageId: string;
  readonly payload: string;
  readonly headers: string | null;
  readonly priority: number;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly enqueuedAtMs: number;
  queue: QueueRow;
  state: 'available' | 'leased' | 'delayed' | 'dead';
  /** Higher ranks go first, then lower places. */
  rank: number;
  place: number;
  firstAvailableAtMs: number;
  /** When its lease or its delay ends. */
  dueAtMs: number | null;
  /** Of the latest delivery from the queue that it is in. */
  receipt: string | null;
  leasedAtMs: number;
  /** How the latest lease in this queue ended, once it has. */
  leaseEnd: 'expired' | 'returned' | null;
  failures: number;
  deliveryCount: number;
  source: QueueRow | null;
  deadLetteredAtMs: number | null;
  deadLetterReason: DeadLetterReason | null;
  lastError: string | null;
}

export interface ModelRecord {
  readonly scope: string;
  readonly fingerprint: string;
  readonly expiresAtMs: number;
  readonly outcome: unknown;
}

export const emptyState = (): ModelState => ({
  queues: [],
  messages: [],
  records: [],
  keys: [],
  nextPlace: 1,
});

export const findQueue = (state: ModelState, project: string, name: string): QueueRow | undefined =>
  state.queues.find((queue) => queue.project === project && queue.name === name);

export const findMessage = (
  state: ModelState,
  queue: QueueRow,
  messageId: string,
): ModelMessage | undefined =>
  state.messages.find((message) => message.queue === queue && message.messageId === messageId);

export const takePlace = (state: ModelState): number => {
  state.nextPlace += 1;
  return state.nextPlace - 1;
};
