import type { Clock } from '../clock.js';
import type { AuditEntry, AuditPosition } from '../commands/audit-entry.js';
import type {
  Command,
  FailedDelivery,
  KeyRow,
  Outcome,
  StoredMessage,
} from '../commands/commands.js';
import type { PushAttempt, PushSubscriptionRow } from '../queue/push-subscription.js';
import type { QueueRow } from '../queue/queue-entry.js';
import type { HistoryMinute, QueueHistory } from './history.js';
import type { StoredConsumers } from './queue-consumers.js';
import type { QueueTally } from './tallies.js';

/** The store cannot be opened; the message is for the operator. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/**
 * The port to a store: one hot method, which applies a commit group in one transaction, and reads, which
 * run outside of it. The clock belongs to the store, because leases are checked against it.
 */
export interface Store {
  readonly clock: Clock;
  /** How many commit groups may be under way at once. */
  readonly commitGroupsUnderWayMax: number;
  /** The number of commands from which it pays to send a commit group while another is under way. */
  readonly aheadMin: number;
  /**
   * Applies the commands in order and returns their outcomes in the same order. When it resolves, all
   * accepted effects are durable. It never rejects because of a single command.
   */
  apply(group: readonly Command[], facts?: CommitGroupFacts): Promise<Outcome[]>;
  /**
   * Called when somebody waits for messages of this queue. A store with several nodes makes the others
   * report when messages become available, for as long as a wait may last.
   */
  expectReady(project: string, queue: string): void;
  /** How often a wait looks again by itself, in case another node's signal was lost; null: never. */
  readonly safetyPollMs: number | null;
  /** Reads committed state; sees every command whose apply has resolved. */
  read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]>;
  /** Why publishing stopped for lack of space; null if it has not, as far as this node can see. */
  whyPublishingStops(): Promise<string | null>;
  /** The space that the store takes and has; null if it is not in a file of this machine. */
  space(): Promise<StoreSpace | null>;
  /** Called before the store starts to work; there is only one listener. */
  listen(listener: StoreListener): void;
  /** Idempotent; waits for work under way. */
  stop(): Promise<void>;
}

export interface StoreSpace {
  /** Free space of the disk. */
  readonly diskFreeBytes: number;
  readonly walBytes: number;
}

/** What a store must know about a commit group besides its commands. */
export interface CommitGroupFacts {
  /**
   * How long it may wait for locks of other transactions; undefined: as briefly as a commit group that
   * many callers share. A store with one node never waits for locks.
   */
  readonly lockWaitMs?: number;
  /** It is the one commit group that may be under way in addition to `commitGroupsUnderWayMax`. */
  readonly isBeside?: boolean;
}

export interface StoreListener {
  /** Messages became available in these queues; 'all': perhaps in any queue. */
  ready(queues: readonly ReadyQueue[] | 'all'): void;
  /** The next time at which a lease or a delay ends; null when there is none. */
  nextDue(atMs: number | null): void;
  /** What this node's commands have done in queues since the last call, about once a second. */
  tallied?(tallies: readonly QueueTally[]): void;
  /** The store can no longer work and the process should end. */
  failed(cause: Error): void;
}

export interface ReadyQueue {
  readonly project: string;
  readonly queue: string;
  /** How many messages became available, and so how many waiters are woken. */
  readonly messages: number;
}

/** More than can ever wait. Wakes all waiters of a queue that was deleted, so that they look. */
export const EVERYBODY = 1_000_000;

export interface QueueCounts {
  readonly available: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dlq: number;
  /** Since when the oldest available or leased message has been available; null if there is none. */
  readonly oldestAtMs: number | null;
  readonly consumers: StoredConsumers;
}

export interface QueueWithCounts {
  readonly queue: QueueRow;
  readonly counts: QueueCounts;
}

/** A queue of any project with its counts, for monitoring the whole server. */
export interface QueueDepth {
  readonly queueId: number;
  readonly project: string;
  readonly queue: string;
  readonly counts: QueueCounts;
}

export interface QueueMinute extends HistoryMinute {
  readonly queue: string;
}

export type PeekState = 'available' | 'leased' | 'delayed';

export interface SeenMessage extends StoredMessage {
  readonly state: PeekState | 'dead';
  /** In a FIFO queue it waits for an earlier message of its message group. */
  readonly behindHead: boolean;
  readonly dueAtMs: number | null;
  readonly failures: readonly FailedDelivery[];
}

export interface MessagePage<T> {
  readonly items: readonly T[];
  /** Where the next page starts, in the store's own notation; null on the last page. */
  readonly next: string | null;
  /** Of a strict query: the bytes that the first message takes in an answer, which are too many. */
  readonly needsBytes?: number;
}

/** How much an answer may take. */
interface AnswerBounds {
  readonly maxBytes: number;
  /** Not even the first message may exceed `maxBytes`. */
  readonly strict?: boolean;
}

/** Of whom the counts leave out the waiting consumers: a node knows its own. */
interface Asking {
  readonly nodeId?: string;
}

interface Queries {
  getQueue: { project: string; queue: string };
  listQueues: {
    project: string;
    after: string | null;
    prefix: string;
    limit: number;
    counts: boolean;
  } & Asking;
  stats: { project: string; queue: string } & Asking;
  /** Queues of all projects, the oldest first and from the projects in turn. */
  queueIds: { limit: number };
  /** Of those of the queues that exist, in any order. */
  queueDepths: { queueIds: readonly number[] } & Asking;
  peek: {
    project: string;
    queue: string;
    state: PeekState | null;
    after: string | null;
    limit: number;
  } & AnswerBounds;
  message: { project: string; queue: string; messageId: string } & Partial<AnswerBounds>;
  deadLetters: {
    project: string;
    queue: string;
    after: string | null;
    limit: number;
  } & AnswerBounds;
  /** Minutes and quarters from `sinceMinute` on, and the last ones before it, for their depth. */
  history: { project: string; queue: string; sinceMinute: number };
  /** The minutes of several queues from `sinceMinute` on, which must be recent. */
  recentMinutes: { project: string; queues: readonly string[]; sinceMinute: number };
  pushSubscriptions: { project: string; queue: string };
  /** Those of all projects that are not paused, by id. */
  activePushSubscriptions: { after: string; limit: number };
  /** Those of all projects, including paused ones, by id. */
  allPushSubscriptions: { after: string; limit: number };
  /** In the order of their changes; a store with one node returns none. */
  changedPushSubscriptions: { afterSeq: number; limit: number };
  pushAttempts: { subscriptionId: string; limit: number };
  /** The oldest unfinished redrives and purges; others follow when these are finished. */
  unfinishedJobs: { limit: number };
  listKeys: { after: string | null; limit: number };
  findKeys: { secretHashes: readonly string[] };
  /** The newest first. */
  audit: { before: AuditPosition | null; limit: number };
  ping: Record<never, never>;
}

export interface DeadLetter extends StoredMessage {
  /** The queue that contains it: its dead-letter queue, or the queue that it came from. */
  readonly keptIn: string;
}

/** `position` changes with each step. */
export interface UnfinishedJob {
  readonly jobId: string;
  readonly position: string;
}

export interface ReadResult {
  getQueue: QueueRow | null;
  listQueues: readonly (QueueRow | QueueWithCounts)[];
  stats: QueueCounts | null;
  queueIds: readonly number[];
  queueDepths: readonly QueueDepth[];
  /** Null: there is no such queue. */
  peek: MessagePage<SeenMessage> | null;
  /** Null if there is no such queue or no such message; `queueExists` tells which. */
  message: {
    readonly queueExists: boolean;
    readonly message: SeenMessage | null;
    readonly needsBytes?: number;
  };
  deadLetters: MessagePage<DeadLetter> | null;
  history: QueueHistory | null;
  recentMinutes: readonly QueueMinute[];
  /** Null: there is no such queue. */
  pushSubscriptions: readonly PushSubscriptionRow[] | null;
  activePushSubscriptions: readonly PushSubscriptionRow[];
  allPushSubscriptions: readonly PushSubscriptionRow[];
  changedPushSubscriptions: readonly PushSubscriptionRow[];
  /** The newest first. */
  pushAttempts: readonly PushAttempt[];
  unfinishedJobs: readonly UnfinishedJob[];
  listKeys: readonly Omit<KeyRow, 'secretHash'>[];
  /** The keys that exist. */
  findKeys: readonly KeyRow[];
  audit: readonly AuditEntry[];
  ping: true;
}

export type QueryKind = keyof Queries;
export type Query<K extends QueryKind = QueryKind> = K extends QueryKind
  ? { readonly kind: K } & Readonly<Queries[K]>
  : never;
