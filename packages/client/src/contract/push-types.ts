// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

import type { PushSubscription } from './records.js';

/** The fields of queue.push_subscribe. */
export interface PushSubscribeParams {
  /** The receiver: an https url that leads to a public address. forwardTo and endpoint mean the same. */
  url: string;
  /** Signs each push; never shown again. The previous one also signs for another day. */
  secret?: string | null | undefined;
  /** Failed pushes after the first before a message is a dead letter; else the queue's. */
  maxRetries?: number | null | undefined;
  /** Seconds that a push leases its message; the push may take 0.8 of them, at most 30. Else the queue's. */
  visibilityTimeout?: number | null | undefined;
  /** An existing queue for messages that cannot be pushed; else the queue's own. */
  deadLetterQueue?: string | null | undefined;
  /** The body of a push: the whole message as JSON, or the bytes of its payload. */
  format?: 'message' | 'payload' | null | undefined;
  /** Pushes under way at once, on each node. Default: 10. */
  maxInFlight?: number | null | undefined;
  /** Headers of each push, at most 8 KiB as compact JSON. */
  headers?: Record<string, string> | null | undefined;
  /** Names of headers that messages may set even though they carry credentials or identify a client. */
  allowedMessageHeaders?: string[] | null | undefined;
}

/** The answer of queue.push_subscribe. */
export type PushSubscribeReturns = PushSubscription;

/** The answer of queue.push_subscriptions. */
export interface PushSubscriptionsReturns {
  /** The subscriptions, oldest first. */
  items: PushSubscription[];
}

/** The fields of queue.push_unsubscribe. */
export interface PushUnsubscribeParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_unsubscribe. */
export interface PushUnsubscribeReturns {
  /** The id of the subscription. */
  subscriptionId: string;
  /** Whether there was such a subscription. */
  deleted: boolean;
}

/** The fields of queue.push_pause. */
export interface PushPauseParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_pause. */
export type PushPauseReturns = PushSubscription;

/** The fields of queue.push_resume. */
export interface PushResumeParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_resume. */
export type PushResumeReturns = PushSubscription;

/** The fields of queue.push_test. */
export interface PushTestParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_test. */
export interface PushTestReturns {
  /** Whether the receiver answered with 200 to 299. */
  delivered: boolean;
  /** The status that the receiver answered with, if it did. */
  status?: number;
  /** Milliseconds that the push took. */
  durationMs: number;
  /** Why the push failed, if it did. */
  error?: string;
}

/** The fields of queue.push_deliveries. */
export interface PushDeliveriesParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_deliveries. */
export interface PushDeliveriesReturns {
  /** The pushes, newest first. */
  items: {
    /** When the push began. */
    at: string;
    /** The id of the message, which stays the same for its whole life. */
    messageId: string;
    /** The message's delivery count. */
    attempt: number;
    /** The status that the receiver answered with, if it did. */
    status?: number;
    /** Milliseconds that the push took. */
    durationMs: number;
    /** Why the push failed, if it did. */
    error?: string;
  }[];
}
