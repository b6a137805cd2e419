import type { Clock } from '../clock.js';
import type { AuditEntry, AuditPosition } from '../queue/audit-entry.js';
import type { Command, FailedDelivery, KeyRow, Outcome, StoredMessage } from '../queue/commands.js';
import type { PushAttempt, PushSubscriptionRow } from '../queue/push-subscription.js';
import type { QueueRow } from '../queue/queue-entry.js';
import type { HistoryMinute } from './history.js';

/** The store cannot be opened; the message is for the operator. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/**
 * The port to a store: one hot method, which applies a commit group of commands in one transaction, and
 * reads that take no part in it. Time belongs to the store, because leases are checked by it.
 */
export interface Store {
  readonly clock: Clock;
  /** How many commit groups may be under way at once. */
  readonly commitGroupsUnderWayMax: number;
  /** From how many commands on it is worth to send a commit group while another one is under way. */
  readonly aheadMin: number;
  /**
   * Applies the commands in their order and answers with their outcomes, in order. When it
   * resolves, all accepted effects are durable. It never rejects for one command's sake.
   */
  apply(group: readonly Command[], about?: CommitGroupFacts): Promise<Outcome[]>;
  /**
   * Somebody waits for messages of this queue: a store of many nodes has the others tell when some
   * become available, for as long as a wait may last.
   */
  expectReady(project: string, queue: string): void;
  /** How often a wait looks again by itself, should word from another node be lost; null: never. */
  readonly safetyPollMs: number | null;
  /** Reads committed state; sees every command whose apply has resolved. */
  read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]>;
  /** Why nothing is published for want of space; null: it is, as far as this node can see. */
  whyPublishingStops(): Promise<string | null>;
  /** Asked before the store starts to work; there is one listener. */
  listen(listener: StoreListener): void;
  /** Idempotent; waits for what is under way. */
  stop(): Promise<void>;
}

/** What a store that makes one transaction of several commit groups has to know of each. */
export interface CommitGroupFacts {
  readonly bytes: number;
  /** It shares no transaction with another commit group. */
  readonly keepsApart: boolean;
  /**
   * How long it may wait for what another transaction has locked; undefined: as briefly as a commit
   * group that many share. A store of one node has nobody to wait for.
   */
  readonly lockWaitMs?: number;
  /** It is the one commit group that is under way beside `commitGroupsUnderWayMax`. */
  readonly isBeside?: boolean;
}

export interface StoreListener {
  /** Messages became available in these queues; 'all': perhaps in any. */
  ready(queues: readonly ReadyQueue[] | 'all'): void;
  /** The next time at which a lease or a delay ends; null when there is none. */
  nextDue(atMs: number | null): void;
  /** The store can no longer work and the process should end. */
  failed(cause: Error): void;
}

export interface ReadyQueue {
  readonly project: string;
  readonly queue: string;
  /** As many of those who wait are woken. */
  readonly messages: number;
}

/** As many as ever may wait: for a queue that is no more, all of them should look. */
export const EVERYBODY = 1_000_000;

export interface QueueCounts {
  readonly available: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dlq: number;
  /** Since when the oldest available or leased message is available; null where there is none. */
  readonly oldestAtMs: number | null;
}

export interface QueueWithCounts {
  readonly queue: QueueRow;
  readonly counts: QueueCounts;
}

/** A queue of whichever project, as one who watches the whole server sees it. */
export interface QueueDepth {
  readonly queueId: number;
  readonly project: string;
  readonly queue: string;
  readonly counts: QueueCounts;
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
  /** Where the next page goes on, in the store's own words; null on the last one. */
  readonly next: string | null;
  /** Of a strict query: the first message takes so much in an answer, and more than it may. */
  readonly needsBytes?: number;
}

/** How much an answer may take. */
interface AnswerBounds {
  readonly maxBytes: number;
  /** Not even the first message may be over it. */
  readonly strict?: boolean;
}

interface Queries {
  getQueue: { project: string; queue: string };
  listQueues: {
    project: string;
    after: string | null;
    prefix: string;
    limit: number;
    counts: boolean;
  };
  stats: { project: string; queue: string };
  /** Queues of all projects, by id. */
  queueDepths: { after: number; limit: number };
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
  /** Minutes from `sinceMinute` on, and the last one before it, for its depth. */
  history: { project: string; queue: string; sinceMinute: number };
  pushSubscriptions: { project: string; queue: string };
  /** Those that push, of all projects, by id. */
  activePushSubscriptions: { after: string; limit: number };
  /** Paused ones too, by id. */
  allPushSubscriptions: { after: string; limit: number };
  /** In the order of their changes; a store of one node answers none. */
  changedPushSubscriptions: { afterSeq: number; limit: number };
  pushAttempts: { subscriptionId: string; limit: number };
  /** Of redrives and purges, the oldest; others follow when these are finished. */
  unfinishedJobs: { limit: number };
  listKeys: { after: string | null; limit: number };
  findKeys: { secretHashes: readonly string[] };
  /** The newest first. */
  audit: { before: AuditPosition | null; limit: number };
  ping: Record<never, never>;
}

export interface DeadLetter extends StoredMessage {
  /** The queue that it lies in: its dead-letter queue, or the one that it came from. */
  readonly keptIn: string;
}

/** `position` is another one after each step. */
export interface UnfinishedJob {
  readonly jobId: string;
  readonly position: string;
}

export interface ReadResult {
  getQueue: QueueRow | null;
  listQueues: readonly (QueueRow | QueueWithCounts)[];
  stats: QueueCounts | null;
  queueDepths: readonly QueueDepth[];
  /** Null: there is no such queue. */
  peek: MessagePage<SeenMessage> | null;
  /** Null where there is no such queue or message; which one, `queueExists` tells. */
  message: {
    readonly queueExists: boolean;
    readonly message: SeenMessage | null;
    readonly needsBytes?: number;
  };
  deadLetters: MessagePage<DeadLetter> | null;
  history: readonly HistoryMinute[] | null;
  /** Null: there is no such queue. */
  pushSubscriptions: readonly PushSubscriptionRow[] | null;
  activePushSubscriptions: readonly PushSubscriptionRow[];
  allPushSubscriptions: readonly PushSubscriptionRow[];
  changedPushSubscriptions: readonly PushSubscriptionRow[];
  /** The newest first. */
  pushAttempts: readonly PushAttempt[];
  unfinishedJobs: readonly UnfinishedJob[];
  listKeys: readonly Omit<KeyRow, 'secretHash'>[];
  /** Those that there are. */
  findKeys: readonly KeyRow[];
  audit: readonly AuditEntry[];
  ping: true;
}

export type QueryKind = keyof Queries;
export type Query<K extends QueryKind = QueryKind> = K extends QueryKind
  ? { readonly kind: K } & Readonly<Queries[K]>
  : never;
