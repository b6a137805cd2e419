// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

import type { QueueMessage } from './records.js';

/** The fields of queue.consume. */
export interface ConsumeParams {
  /** The most messages to lease. */
  maxMessages?: number | undefined;
  /** Seconds that these messages are leased; else the queue's default. */
  visibilityTimeout?: number | undefined;
  /** Seconds to wait for a message if there is none. */
  waitSeconds?: number | undefined;
}

/** The answer of queue.consume. */
export interface ConsumeReturns<T = unknown> {
  messages: QueueMessage<T>[];
}

/** The fields of queue.ack. */
export interface AckParams {
  /** The id that publish returned. */
  messageId: string;
  /** The receipt of one delivery, as consume returned it. */
  receipt?: string | undefined;
}

/** The answer of queue.ack. */
export interface AckReturns {
  messageId: string;
  acked: boolean;
}

/** The fields of queue.nack. */
export interface NackParams {
  /** The id that publish returned. */
  messageId: string;
  /** false makes the message a dead letter at once. */
  requeue?: boolean | undefined;
  /** Seconds until the message can be delivered; fractions to the millisecond. */
  delaySeconds?: number | undefined;
  /** What went wrong; stored as lastError, cut to 4,096 characters. */
  error?: string | undefined;
  /** The receipt of one delivery, as consume returned it. */
  receipt?: string | undefined;
}

/** The answer of queue.nack. */
export interface NackReturns {
  messageId: string;
  nacked: boolean;
  requeued: boolean;
}

/** The fields of queue.extend. */
export interface ExtendParams {
  /** The id that publish returned. */
  messageId: string;
  /** Seconds from now that the lease lasts, at least 1; 0 returns the message without a failure. */
  visibilityTimeout: number;
  /** The receipt of one delivery, as consume returned it. */
  receipt?: string | undefined;
}

/** The answer of queue.extend. */
export interface ExtendReturns {
  messageId: string;
  extended: boolean;
  /** When the extended lease expires. */
  leaseExpiresAt?: string;
}

/** The fields of queue.ack_batch. */
export interface AckBatchParams {
  messages: AckParams[];
}

/** The answer of queue.ack_batch. */
export interface AckBatchReturns {
  results: {
    messageId: string;
    acked: boolean;
    error?: {
      code: string;
      message: string;
      hint?: string;
    };
  }[];
}

/** The fields of queue.nack_batch. */
export interface NackBatchParams {
  messages: NackParams[];
}

/** The answer of queue.nack_batch. */
export interface NackBatchReturns {
  results: {
    messageId: string;
    nacked: boolean;
    requeued: boolean;
    error?: {
      code: string;
      message: string;
      hint?: string;
    };
  }[];
}
