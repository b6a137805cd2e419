// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

import type { QueueMessage } from './records.js';

/** The fields of queue.publish_batch. */
export interface PublishBatchParams<T = unknown> {
  /** The messages, published together or not at all. */
  messages: PublishParams<T>[];
}

/** The answer of queue.publish_batch. */
export interface PublishBatchReturns {
  /** The ids of the messages, in the order of the request. */
  messageIds: string[];
}

/** The fields of queue.publish. */
export interface PublishParams<T = unknown> {
  /** Any JSON value. Its text is returned byte for byte. */
  payload: T;
  /** Seconds until the message can be delivered; fractions to the millisecond. */
  delaySeconds?: number | undefined;
  /** Higher is delivered first, if the queue has enablePriority. */
  priority?: number | undefined;
  /** The message group, within which a fifo queue keeps order. */
  messageGroupId?: string | undefined;
  /** A fifo queue suppresses another publish with the same id for 5 minutes. */
  deduplicationId?: string | undefined;
  /** A map of strings, at most 8 KiB as compact JSON. */
  headers?: Record<string, string> | undefined;
}

/** The answer of queue.publish. */
export interface PublishReturns {
  /** The id of the message, which stays the same for its whole life. */
  messageId: string;
}

/** The fields of queue.peek. */
export interface PeekParams {
  /** Only messages in this state. */
  state?: 'available' | 'delayed' | 'leased' | undefined;
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of queue.peek. */
export interface PeekReturns<T = unknown> {
  /** The messages: the available ones, then the leased ones, then the delayed ones. */
  items: (QueueMessage<T> & {
    /** Where the message is in its life; dead means a dead letter. */
    state: 'available' | 'delayed' | 'leased' | 'dead';
    /** Why the message cannot be delivered now. */
    stateReason?: string;
  })[];
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string;
}

/** The fields of queue.message. */
export interface MessageParams {
  /** The id that publish returned. */
  messageId: string;
}

/** The answer of queue.message. */
export interface MessageReturns<T = unknown> extends QueueMessage<T> {
  /** Where the message is in its life; dead means a dead letter. */
  state: 'available' | 'delayed' | 'leased' | 'dead';
  /** Why the message cannot be delivered now. */
  stateReason?: string;
  /** The last 20 failed deliveries of the message, oldest first. */
  failedDeliveries: {
    /** When the delivery failed. */
    at: string;
    /** A nack or a failed push, a nack with requeue false, or a lease that ran out. */
    how: 'nack' | 'rejected' | 'expired_lease';
    /** The error that the nack gave. */
    error?: string;
    /** The key that nacked the delivery or had the lease. */
    keyId?: string;
  }[];
}

/** The fields of queue.dlq.list. */
export interface DlqListParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of queue.dlq.list. */
export interface DlqListReturns<T = unknown> {
  /** The dead letters, oldest first. */
  items: QueueMessage<T>[];
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string;
}

/** The fields of queue.dlq.redrive. */
export interface DlqRedriveParams {
  /** The id that publish returned. */
  messageId?: string | undefined;
  /** Only messages dead-lettered then or later. */
  since?: string | number | Date | undefined;
  /** The most dead letters to redrive. */
  maxMessages?: number | undefined;
}

/** The answer of queue.dlq.redrive. */
export interface DlqRedriveReturns {
  /** The name of the queue. */
  queue: string;
  /** How many dead letters were sent back. */
  redriven: number;
}

/** The fields of queue.dlq.purge. */
export interface DlqPurgeParams {
  /** The id that publish returned. */
  messageId?: string | undefined;
}

/** The answer of queue.dlq.purge. */
export interface DlqPurgeReturns {
  /** The name of the queue. */
  queue: string;
  /** How many messages were removed. */
  purged: number;
}
