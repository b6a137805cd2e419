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
  items: (QueueRecord & {
    stats?: QueueStats;
    activity?: {
      published: number;
      delivered: number;
      acked: number;
      failed: number;
      deadLettered: number;
    };
  })[];
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
  queue: string;
  deleted: boolean;
}

/** The answer of queue.purge. */
export interface PurgeReturns {
  queue: string;
  purged: number;
}

/** The fields of queue.history. */
export interface HistoryParams {
  /** hour for the last 60 minutes, day for the last 96 quarters of an hour. */
  span?: 'hour' | 'day' | undefined;
}

/** The answer of queue.history. */
export interface HistoryReturns {
  queue: string;
  minutes?: {
    /** The beginning of the minute. */
    at: string;
    /** Messages in the queue when the minute ended, without dead letters. */
    depth: number;
    published: number;
    delivered: number;
    acked: number;
    failed: number;
    deadLettered: number;
  }[];
  quarterHours?: {
    /** The beginning of the quarter of an hour. */
    at: string;
    /** Messages in the queue when the quarter ended, without dead letters. */
    depth: number;
    published: number;
    delivered: number;
    acked: number;
    failed: number;
    deadLettered: number;
  }[];
}
