import type { Idempotency } from '../commands/queue-command.js';
import type { DeadLetterSource } from '../dead-letters/dead-letter-source.js';
import type { Room } from '../limits/storage-limits.js';
import type { TallyKind } from '../store/tallies.js';
import type { DeadLetterReason, LeaseEnd, LeaseView, State } from './message-state.js';
import type { PushPolicy } from './push-subscription.js';
import type { QueueEntry } from './queue-entry.js';

/** The state of a message, without its body, as decisions need it. */
export interface MessageEntry extends LeaseView, DeadLetterSource {
  readonly messageId: string;
  readonly bucketId: number;
  /** The order in its queue. */
  readonly seq: number;
  readonly groupId: string | null;
  /** Its message group in a FIFO queue; null elsewhere. */
  readonly groupKey: string | null;
  readonly priority: number;
  /** When its lease or its delay ends. */
  readonly dueAtMs: number | null;
  readonly firstAvailableAtMs: number;
  readonly leasedAtMs: number | null;
  /** The bytes of its payload and headers. */
  readonly bytes: number;
  /** The key that leased it last. */
  readonly leasedBy: string | null;
  /** FailedDelivery[] as JSON, oldest first. */
  readonly failureLog: string | null;
}

/** The columns that a move of a message may change. */
export interface MessageColumns extends DeadLetterSource {
  readonly bucketId: number;
  readonly state: State;
  /** The order in its queue. */
  readonly seq: number;
  /** Its priority if the queue uses priorities; otherwise 0. */
  readonly rank: number;
  readonly groupKey: string | null;
  /** When its lease or its delay ends. */
  readonly dueAtMs: number | null;
  /** The time since when it is available, leased or a dead letter; null while it is delayed. */
  readonly liveSinceMs: number | null;
  readonly firstAvailableAtMs: number;
  readonly leasedAtMs: number | null;
  readonly leaseEnd: LeaseEnd | null;
  readonly receipt: string | null;
  readonly nacks: number;
  readonly expiredLeases: number;
  readonly deliveryCount: number;
  readonly lastError: string;
  readonly failureLog: string;
}
export type MessageChange = Partial<MessageColumns>;

/** `dead`: in the built-in dead-letter queue, where it counts only for the project. */
export type CountedState = 'available' | 'leased' | 'delayed' | 'dead';

/** What a store provides to the decisions while it applies a commit group. */
export interface MessageTransaction {
  readonly nowMs: number;
  /**
   * Leases that expired up to this time, while the server was down, are kept for a while; 0 if none are.
   */
  readonly leasesKeptUntilMs: number;
  /** The message, if it is stored in this queue. */
  find(queue: QueueEntry, messageId: string): MessageEntry | undefined;
  remove(message: MessageEntry): void;
  change(message: MessageEntry, change: MessageChange): void;
  queueById(id: number): QueueEntry | undefined;
  /** The queue whose messages have this bucket; undefined for a dead or a discarded bucket. */
  queueByBucket(bucketId: number): QueueEntry | undefined;
  /** The next seq at the tail, for any queue. */
  nextSeq(): number;
  count(queue: QueueEntry, state: CountedState, messages: number, bytes: number): void;
  /** Counts dead letters by the queue they came from and the bucket they are stored in. */
  countDead(sourceQueueId: number, bucketId: number, change: number): void;
  /** The messages of a message group that are leased or delayed, in order. */
  heldInMessageGroup(queue: QueueEntry, groupKey: string): MessageEntry[];
  /**
   * Marks a message group as changed: whether it is blocked, and its next message, is determined again.
   */
  touchMessageGroup(queue: QueueEntry, groupKey: string): void;
  /** The failure settings of the subscription that holds a message; undefined if it was deleted. */
  pushPolicy(subscriptionId: string): PushPolicy | undefined;
  markReady(queue: QueueEntry, messages: number): void;
  /** Logs that a message of this queue has become a dead letter. */
  deadLettered(queue: QueueEntry, reason: DeadLetterReason, messageId: string): void;
  /** Counts for the history and the metrics of the queue. */
  tally(queue: QueueEntry, kind: TallyKind, messages: number): void;
}

/** The scope of an idempotency key; `queueId` is 0 for calls that belong to no queue. */
export interface RecordScope extends Idempotency {
  readonly project: string;
  readonly queueId: number;
}

export interface RecordedAnswer {
  readonly fingerprint: string;
  /** JSON. */
  readonly outcome: string;
}

/** The recorded answers that a commit group may replay or add to. */
export interface AnswerRecords {
  /** The record, if it has not expired. */
  find(scope: RecordScope): RecordedAnswer | undefined;
  /** Stores a record that expires at `endMs`, replacing any that exists. */
  put(scope: RecordScope, answer: RecordedAnswer, endMs: number): void;
  /** The time of the transaction. */
  readonly nowMs: number;
  /** The room for new records. */
  readonly room: Room;
}
