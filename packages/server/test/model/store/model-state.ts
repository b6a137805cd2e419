import type { FailedDelivery, JobProgress, KeyRow } from '#server/core/commands/commands';
import type { DeadLetterReason } from '#server/core/queue/message-state';
import type { QueueRow } from '#server/core/queue/queue-entry';

/** One object for the life of the queue: an update changes it in place. */
export type ModelQueue = {
  -readonly [K in keyof Omit<QueueRow, 'maxExpiredLeases'>]: QueueRow[K];
} & {
  /** Null: it was never set. */
  maxExpiredLeases: number | null;
  /** Retries or a dead-letter queue were set once, at the creation or later. */
  speaksOfFailures: boolean;
};

/** How many leases of one message may run out without making it a dead letter. */
export function expiredLeasesAllowed(queue: ModelQueue): number {
  if (queue.maxExpiredLeases !== null) return queue.maxExpiredLeases;
  const isPlain = queue.type === 'standard' && !queue.speaksOfFailures;
  return isPlain ? 1_000 : queue.maxRetries;
}

/** The queue as an answer shows it. */
export function rowOf(queue: ModelQueue): QueueRow {
  const { speaksOfFailures: _speaks, ...row } = queue;
  return { ...row, maxExpiredLeases: expiredLeasesAllowed(queue) };
}

/** The whole state of the model: plain lists, searched from end to end. */
export interface ModelState {
  queues: ModelQueue[];
  /** Ids are never reused. */
  nextQueueId: number;
  readonly jobs: Map<string, JobProgress>;
  messages: ModelMessage[];
  records: ModelRecord[];
  readonly keys: KeyRow[];
  /** The first publishes under deduplication ids. */
  publishes: { queueId: number; id: string; messageId: string; atMs: number }[];
  /** The next number at the tail, of any queue. */
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
  queue: ModelQueue;
  state: 'available' | 'leased' | 'delayed' | 'dead';
  /** Higher ranks go first, then lower `place` numbers. */
  rank: number;
  place: number;
  firstAvailableAtMs: number;
  /** When its lease or its delay ends. */
  dueAtMs: number | null;
  /** The receipt of the latest delivery from its present queue. */
  receipt: string | null;
  leasedAtMs: number;
  /** How the latest lease in this queue ended, once it has. */
  leaseEnd: 'expired' | 'returned' | null;
  nacks: number;
  expiredLeases: number;
  /** Its failed deliveries in all queues, the oldest first. */
  failed: FailedDelivery[];
  /** The key that leased it last. */
  leasedBy: string | null;
  deliveryCount: number;
  source: ModelQueue | null;
  deadLetteredAtMs: number | null;
  deadLetterReason: DeadLetterReason | null;
  /** What it was before it became a dead letter again, the oldest first. */
  earlier: Pick<ModelMessage, 'source' | 'deadLetteredAtMs' | 'deadLetterReason'>[];
  lastError: string | null;
}

export interface ModelRecord {
  readonly scope: string;
  readonly fingerprint: string;
  readonly expiresAtMs: number;
  /** The queue with which it is deleted. */
  readonly queueId: number | null;
  readonly outcome: unknown;
}

export const emptyState = (): ModelState => ({
  queues: [],
  nextQueueId: 1,
  jobs: new Map(),
  messages: [],
  records: [],
  keys: [],
  publishes: [],
  nextPlace: 1,
});

export const findQueue = (
  state: ModelState,
  project: string,
  name: string,
): ModelQueue | undefined =>
  state.queues.find((queue) => queue.project === project && queue.name === name);

export const findMessage = (
  state: ModelState,
  queue: ModelQueue,
  messageId: string,
): ModelMessage | undefined =>
  state.messages.find((message) => message.queue === queue && message.messageId === messageId);

export const takePlace = (state: ModelState): number => {
  state.nextPlace += 1;
  return state.nextPlace - 1;
};

const DAY_MS = 86_400_000;

/** Retention counts from when a message first became available, or died. */
export const retentionEndMs = ({ queue, firstAvailableAtMs }: ModelMessage): number =>
  firstAvailableAtMs + queue.messageRetentionDays * DAY_MS;

export function removeMessages(
  state: ModelState,
  which: (message: ModelMessage) => boolean,
): number {
  const before = state.messages.length;
  state.messages = state.messages.filter((message) => !which(message));
  return before - state.messages.length;
}
