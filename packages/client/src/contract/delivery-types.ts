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
  /** The messages, in the order of the queue; empty if there are none. */
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
  /** The id of the message, which stays the same for its whole life. */
  messageId: string;
  /** Whether this call removed the message; false if it is unknown or gone. */
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
  /** The id of the message, which stays the same for its whole life. */
  messageId: string;
  /** Whether the nack counted; false if the message is not leased or is unknown. */
  nacked: boolean;
  /** Whether it is delivered again; false if it became a dead letter. */
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
  /** The id of the message, which stays the same for its whole life. */
  messageId: string;
  /** Whether the lease was changed; false if the message is not leased or is unknown. */
  extended: boolean;
  /** When the extended lease expires. */
  leaseExpiresAt?: string;
}

/** The fields of queue.ack_batch. */
export interface AckBatchParams {
  /** The deliveries; each has a result of its own. */
  messages: AckParams[];
}

/** The answer of queue.ack_batch. */
export interface AckBatchReturns {
  /** The results, in the order of the entries. */
  results: {
    /** The id of the message, which stays the same for its whole life. */
    messageId: string;
    /** Whether this call removed the message; false if it is unknown or gone. */
    acked: boolean;
    /** Why this entry failed; the others are not affected. */
    error?: {
      /** The code of the error. */
      code: string;
      /** What was wrong, in words for people. */
      message: string;
      /** What to do next. */
      hint?: string;
    };
  }[];
}

/** The fields of queue.nack_batch. */
export interface NackBatchParams {
  /** The deliveries; each has a result of its own. */
  messages: NackParams[];
}

/** The answer of queue.nack_batch. */
export interface NackBatchReturns {
  /** The results, in the order of the entries. */
  results: {
    /** The id of the message, which stays the same for its whole life. */
    messageId: string;
    /** Whether the nack counted; false if the message is not leased or is unknown. */
    nacked: boolean;
    /** Whether it is delivered again; false if it became a dead letter. */
    requeued: boolean;
    /** Why this entry failed; the others are not affected. */
    error?: {
      /** The code of the error. */
      code: string;
      /** What was wrong, in words for people. */
      message: string;
      /** What to do next. */
      hint?: string;
    };
  }[];
}
