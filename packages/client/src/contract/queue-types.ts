// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

import type { QueueRecord, QueueStats } from './records.js';

/** The fields of queue.create. */
export interface CreateParams {
  /** The name of the queue. */
  name: string;
  /** standard, or fifo for strict order within a message group. */
  type?: 'standard' | 'fifo' | undefined;
  /** An existing queue that takes the dead letters. */
  deadLetterQueue?: string | undefined;
  /** Nacks that a message may have after the first one before it becomes a dead letter. */
  maxRetries?: number | undefined;
  /** Leases that may expire after the first one before the message becomes a dead letter. Default: maxRetries, or 1,000 on a standard queue that was never given maxRetries or a dead-letter queue. */
  maxExpiredLeases?: number | undefined;
  /** Days that a message is kept, counted from when it first becomes available. */
  messageRetentionDays?: number | undefined;
  /** Seconds of a lease if consume gives no visibilityTimeout. */
  visibilityTimeoutDefault?: number | undefined;
  /** Whether priorities order the messages. */
  enablePriority?: boolean | undefined;
}

/** The answer of queue.create. */
export type CreateReturns = QueueRecord;

/** The answer of queue.get. */
export type GetReturns = QueueRecord;

/** The fields of queue.list. */
export interface ListParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
  /** Only queues whose name begins with it. */
  prefix?: string | undefined;
  /** stats adds the counts of each queue, activity its last minute. */
  include?: 'stats' | 'activity' | 'stats,activity' | 'activity,stats' | undefined;
}

/** The answer of queue.list. */
export interface ListReturns {
  /** The queues, sorted by name. */
  items: (QueueRecord & {
    /** Exact counts of the messages of a queue, by state, and who consumes them. */
    stats?: QueueStats;
    /** What happened to the messages of a queue in the last 60 seconds: an estimate. */
    activity?: {
      /** Messages that were published. */
      published: number;
      /** Deliveries to consumers, repeated ones included. */
      delivered: number;
      /** Messages that were acked. */
      acked: number;
      /** Deliveries that failed: nacks and expired leases. */
      failed: number;
      /** Messages that became dead letters. */
      deadLettered: number;
    };
  })[];
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string;
}

/** The answer of queue.stats. */
export type StatsReturns = QueueStats;

/** The fields of queue.update. */
export interface UpdateParams {
  /** standard, or fifo for strict order within a message group. */
  type?: 'standard' | 'fifo' | undefined;
  /** An existing queue that takes the dead letters; null detaches it. */
  deadLetterQueue?: string | null | undefined;
  /** Nacks that a message may have after the first one before it becomes a dead letter. */
  maxRetries?: number | undefined;
  /** Leases that may expire after the first one before the message becomes a dead letter. Default: maxRetries, or 1,000 on a standard queue that was never given maxRetries or a dead-letter queue. */
  maxExpiredLeases?: number | null | undefined;
  /** Days that a message is kept, counted from when it first becomes available. */
  messageRetentionDays?: number | undefined;
  /** Seconds of a lease if consume gives no visibilityTimeout. */
  visibilityTimeoutDefault?: number | undefined;
  /** Whether priorities order the messages. */
  enablePriority?: boolean | undefined;
}

/** The answer of queue.update. */
export type UpdateReturns = QueueRecord;

/** The answer of queue.delete. */
export interface DeleteReturns {
  /** The name of the queue. */
  queue: string;
  /** Whether there was such a queue. */
  deleted: boolean;
}

/** The answer of queue.purge. */
export interface PurgeReturns {
  /** The name of the queue. */
  queue: string;
  /** How many messages were removed. */
  purged: number;
}

/** The fields of queue.history. */
export interface HistoryParams {
  /** hour for the last 60 minutes, day for the last 96 quarters of an hour. */
  span?: 'hour' | 'day' | undefined;
}

/** The answer of queue.history. */
export interface HistoryReturns {
  /** The name of the queue. */
  queue: string;
  /** The last 60 minutes, oldest first, the current one included. */
  minutes?: {
    /** The beginning of the minute. */
    at: string;
    /** Messages in the queue when the minute ended, without dead letters. */
    depth: number;
    /** Messages that were published. */
    published: number;
    /** Deliveries to consumers, repeated ones included. */
    delivered: number;
    /** Messages that were acked. */
    acked: number;
    /** Deliveries that failed: nacks and expired leases. */
    failed: number;
    /** Messages that became dead letters. */
    deadLettered: number;
  }[];
  /** With span=day instead: the last 96 quarters of an hour. */
  quarterHours?: {
    /** The beginning of the quarter of an hour. */
    at: string;
    /** Messages in the queue when the quarter ended, without dead letters. */
    depth: number;
    /** Messages that were published. */
    published: number;
    /** Deliveries to consumers, repeated ones included. */
    delivered: number;
    /** Messages that were acked. */
    acked: number;
    /** Deliveries that failed: nacks and expired leases. */
    failed: number;
    /** Messages that became dead letters. */
    deadLettered: number;
  }[];
}
