import type { Idempotency } from '../commands/queue-command.js';
import type { DeadLetterSource } from '../dead-letters/dead-letter-source.js';
import type { Room } from '../limits/storage-limits.js';
import type { TallyKind } from '../store/history.js';
import type { DeadLetterReason, LeaseEnd, LeaseView, State } from './message-state.js';
import type { PushPolicy } from './push-subscription.js';
import type { QueueEntry } from './queue-entry.js';

/** Where a message stands, without its body: what decisions need to know. */
export interface MessageEntry extends LeaseView, DeadLetterSource {
  readonly messageId: string;
  readonly bucketId: number;
  /** Orders it in its queue. */
  readonly seq: number;
  readonly groupId: string | null;
  /** Its message group in a FIFO queue; null elsewhere. */
  readonly groupKey: string | null;
  readonly priority: number;
  /** When its lease or its delay ends. */
  readonly dueAtMs: number | null;
  readonly firstAvailableAtMs: number;
  readonly leasedAtMs: number | null;
  /** What its payload and headers take. */
  readonly bytes: number;
  /** The key that leased it last. */
  readonly leasedBy: string | null;
  /** FailedDelivery[] as JSON, the oldest first. */
  readonly failureLog: string | null;
}

/** What a move of a message may change. */
export interface MessageColumns extends DeadLetterSource {
  readonly bucketId: number;
  readonly state: State;
  /** Orders it in its queue. */
  readonly seq: number;
  /** Its priority, where the queue heeds them; else 0. */
  readonly rank: number;
  readonly groupKey: string | null;
  /** When its lease or its delay ends. */
  readonly dueAtMs: number | null;
  /** Since when it is available, leased or a dead letter; null while it is delayed. */
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

/** `dead`: in the built-in dead-letter queue, where only the project counts it. */
export type CountedState = 'available' | 'leased' | 'delayed' | 'dead';

/** What a store lends to the decisions while it applies a commit group. */
export interface MessageTransaction {
  readonly nowMs: number;
  /** Leases that ran out up to this time, while nobody was there, are kept for a while: or 0. */
  readonly leasesKeptUntilMs: number;
  /** The message, if it lies in this queue. */
  find(queue: QueueEntry, messageId: string): MessageEntry | undefined;
  remove(message: MessageEntry): void;
  change(message: MessageEntry, change: MessageChange): void;
  queueById(id: number): QueueEntry | undefined;
  /** The queue whose messages lie there; undefined for a dead or a discarded bucket. */
  queueByBucket(bucketId: number): QueueEntry | undefined;
  /** The next one at the tail, of whichever queue. */
  nextSeq(): number;
  count(queue: QueueEntry, state: CountedState, messages: number, bytes: number): void;
  /** Dead letters are counted by the queue they came from and the bucket they lie in. */
  countDead(sourceQueueId: number, bucketId: number, change: number): void;
  /** Those messages of a message group that are leased or delayed, in their order. */
  heldInMessageGroup(queue: QueueEntry, groupKey: string): MessageEntry[];
  /** A message group has changed: whether it is blocked, and where it goes on, is found out anew. */
  touchMessageGroup(queue: QueueEntry, groupKey: string): void;
  /** What the subscription that holds a message says of failures; undefined when it has gone. */
  pushPolicy(subscriptionId: string): PushPolicy | undefined;
  markReady(queue: QueueEntry, messages: number): void;
  /** A message of this queue has become a dead letter: the log tells of it. */
  deadLettered(queue: QueueEntry, reason: DeadLetterReason, messageId: string): void;
  /** Counts for the history of the queue. */
  tally(queue: QueueEntry, kind: TallyKind, messages: number): void;
}

/** What an idempotency key counts in; `queueId` is 0 for calls that belong to no queue. */
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
  /** A record that has not expired. */
  find(scope: RecordScope): RecordedAnswer | undefined;
  /** Puts a record in the place of whatever is there. */
  put(scope: RecordScope, answer: RecordedAnswer): void;
  /** What there is room for. */
  readonly room: Room;
}
