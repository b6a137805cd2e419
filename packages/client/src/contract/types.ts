// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

/** The record QueueRecord of PROTOCOL.md. */
export interface QueueRecord {
  queue: string;
  /** standard, or fifo for strict order within a message group. */
  type: 'standard' | 'fifo';
  deadLetterQueue?: string;
  maxRetries: number;
  /** The number in effect. */
  maxExpiredLeases: number;
  visibilityTimeoutDefault: number;
  messageRetentionDays: number;
  enablePriority: boolean;
  /** When the queue was created. */
  createdAt: string;
  /** When a setting last changed. */
  updatedAt: string;
}

/** The record QueueMessage of PROTOCOL.md. */
export interface QueueMessage<T = unknown> {
  messageId: string;
  queue: string;
  /** Any JSON value. Its text is returned byte for byte. */
  payload: T;
  /** A map of strings, at most 8 KiB as compact JSON. */
  headers?: Record<string, string>;
  priority: number;
  messageGroupId?: string;
  deduplicationId?: string;
  /** When the message was published. */
  enqueuedAt: string;
  /** Deliveries so far, this one included; a redrive resets it. */
  deliveryCount: number;
  /** Identifies this delivery. */
  receipt?: string;
  /** When the lease expires. */
  leaseExpiresAt?: string;
  /** The queue that the dead letter came from. */
  sourceQueue?: string;
  /** When the message became a dead letter. */
  deadLetteredAt?: string;
  deadLetterReason?: 'max_retries' | 'rejected' | 'expired_lease';
  /** The error of the last nack. */
  lastError?: string;
}

/** The record QueueStats of PROTOCOL.md. */
export interface QueueStats {
  queue: string;
  available: number;
  inFlight: number;
  delayed: number;
  /** Dead letters that came from this queue, whichever queue keeps them. */
  dlq: number;
  /** Seconds since the oldest available or leased message first became available. */
  oldestAgeSeconds?: number;
}

/** The record KeyRecord of PROTOCOL.md. */
export interface KeyRecord {
  keyId: string;
  name?: string;
  project: string;
  scopes: ('publish' | 'consume' | 'read' | 'manage' | 'metrics' | 'admin')[];
  /** When the key was created. */
  createdAt: string;
  /** When the key stops working. */
  expiresAt?: string;
  /** When the key was revoked. */
  revokedAt?: string;
  /** The minute in which it was last used. */
  lastUsedAt?: string;
}

/** The record AuditEntry of PROTOCOL.md. */
export interface AuditEntry {
  /** When the call was done, or first refused. */
  at: string;
  /** The id of the call. */
  action: string;
  outcome: 'done' | 'refused';
  /** The error code of a refused call. */
  code?: string;
  /** The key that was used, if it was known. */
  keyId?: string;
  /** The project of that key. */
  project?: string;
  /** The queue, subscription or key concerned. */
  target?: string;
  /** The address that the request came from. */
  address: string;
  requestId: string;
  /** How many equal refusals came within a minute of the first. */
  count: number;
}

/** The record PushSubscription of PROTOCOL.md. */
export interface PushSubscription {
  subscriptionId: string;
  /** The same as subscriptionId. */
  id: string;
  queue: string;
  url: string;
  state: 'active' | 'paused';
  /** requested, or gone if the receiver answered 410. */
  pausedReason?: string;
  /** Whether a secret is set. */
  signed: boolean;
  maxRetries?: number;
  visibilityTimeout?: number;
  deadLetterQueue?: string;
  format: 'message' | 'payload';
  maxInFlight: number;
  /** The names of the headers; each value is shown as ***. */
  headers?: Record<string, string>;
  allowedMessageHeaders?: string[];
  /** When the subscription was created. */
  createdAt: string;
  /** When the subscription was last changed. */
  updatedAt: string;
}

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
  /** stats adds the counts of each queue. */
  include?: 'stats' | undefined;
}

/** The answer of queue.list. */
export interface ListReturns {
  items: {
    queue: string;
    /** standard, or fifo for strict order within a message group. */
    type: 'standard' | 'fifo';
    deadLetterQueue?: string;
    maxRetries: number;
    /** The number in effect. */
    maxExpiredLeases: number;
    visibilityTimeoutDefault: number;
    messageRetentionDays: number;
    enablePriority: boolean;
    /** When the queue was created. */
    createdAt: string;
    /** When a setting last changed. */
    updatedAt: string;
    stats?: {
      queue: string;
      available: number;
      inFlight: number;
      delayed: number;
      /** Dead letters that came from this queue, whichever queue keeps them. */
      dlq: number;
      /** Seconds since the oldest available or leased message first became available. */
      oldestAgeSeconds?: number;
    };
  }[];
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

/** The fields of queue.publish_batch. */
export interface PublishBatchParams<T = unknown> {
  /** The messages, published together or not at all. */
  messages: {
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
  }[];
}

/** The answer of queue.publish_batch. */
export interface PublishBatchReturns {
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
  messageId: string;
}

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
  messages: {
    /** The id that publish returned. */
    messageId: string;
    /** The receipt of one delivery, as consume returned it. */
    receipt?: string | undefined;
  }[];
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
  messages: {
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
  }[];
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
  items: {
    messageId: string;
    queue: string;
    /** Any JSON value. Its text is returned byte for byte. */
    payload: T;
    /** A map of strings, at most 8 KiB as compact JSON. */
    headers?: Record<string, string>;
    priority: number;
    messageGroupId?: string;
    deduplicationId?: string;
    /** When the message was published. */
    enqueuedAt: string;
    /** Deliveries so far, this one included; a redrive resets it. */
    deliveryCount: number;
    /** Identifies this delivery. */
    receipt?: string;
    /** When the lease expires. */
    leaseExpiresAt?: string;
    /** The queue that the dead letter came from. */
    sourceQueue?: string;
    /** When the message became a dead letter. */
    deadLetteredAt?: string;
    deadLetterReason?: 'max_retries' | 'rejected' | 'expired_lease';
    /** The error of the last nack. */
    lastError?: string;
    state: 'available' | 'delayed' | 'leased' | 'dead';
    /** Why the message cannot be delivered now. */
    stateReason?: string;
  }[];
  nextCursor?: string;
}

/** The fields of queue.message. */
export interface MessageParams {
  /** The id that publish returned. */
  messageId: string;
}

/** The answer of queue.message. */
export interface MessageReturns<T = unknown> {
  messageId: string;
  queue: string;
  /** Any JSON value. Its text is returned byte for byte. */
  payload: T;
  /** A map of strings, at most 8 KiB as compact JSON. */
  headers?: Record<string, string>;
  priority: number;
  messageGroupId?: string;
  deduplicationId?: string;
  /** When the message was published. */
  enqueuedAt: string;
  /** Deliveries so far, this one included; a redrive resets it. */
  deliveryCount: number;
  /** Identifies this delivery. */
  receipt?: string;
  /** When the lease expires. */
  leaseExpiresAt?: string;
  /** The queue that the dead letter came from. */
  sourceQueue?: string;
  /** When the message became a dead letter. */
  deadLetteredAt?: string;
  deadLetterReason?: 'max_retries' | 'rejected' | 'expired_lease';
  /** The error of the last nack. */
  lastError?: string;
  state: 'available' | 'delayed' | 'leased' | 'dead';
  /** Why the message cannot be delivered now. */
  stateReason?: string;
  failedDeliveries: {
    /** When the delivery failed. */
    at: string;
    how: 'nack' | 'rejected' | 'expired_lease';
    error?: string;
    /** The key that nacked the delivery or had the lease. */
    keyId?: string;
  }[];
}

/** The answer of queue.history. */
export interface HistoryReturns {
  queue: string;
  minutes: {
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
  items: QueueMessage<T>[];
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
  queue: string;
  redriven: number;
}

/** The fields of queue.dlq.purge. */
export interface DlqPurgeParams {
  /** The id that publish returned. */
  messageId?: string | undefined;
}

/** The answer of queue.dlq.purge. */
export interface DlqPurgeReturns {
  queue: string;
  purged: number;
}

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
  items: PushSubscription[];
}

/** The fields of queue.push_unsubscribe. */
export interface PushUnsubscribeParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_unsubscribe. */
export interface PushUnsubscribeReturns {
  subscriptionId: string;
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
  delivered: boolean;
  status?: number;
  durationMs: number;
  error?: string;
}

/** The fields of queue.push_deliveries. */
export interface PushDeliveriesParams {
  /** The id that pushSubscribe returned. */
  subscriptionId: string;
}

/** The answer of queue.push_deliveries. */
export interface PushDeliveriesReturns {
  items: {
    /** When the push began. */
    at: string;
    messageId: string;
    /** The message's delivery count. */
    attempt: number;
    /** The status that the receiver answered with, if it did. */
    status?: number;
    durationMs: number;
    error?: string;
  }[];
}

/** The fields of account.keys.create. */
export interface CreateKeyParams {
  /** A name for people, cut to 128 characters. */
  name?: string | undefined;
  /** The project that the key belongs to. */
  project?: string | undefined;
  /** What the key may do. */
  scopes?: ('publish' | 'consume' | 'read' | 'manage' | 'metrics' | 'admin')[] | undefined;
  /** When the key stops working. */
  expiresAt?: string | number | Date | undefined;
}

/** The answer of account.keys.create. */
export interface CreateKeyReturns {
  keyId: string;
  name?: string;
  project: string;
  scopes: ('publish' | 'consume' | 'read' | 'manage' | 'metrics' | 'admin')[];
  /** When the key was created. */
  createdAt: string;
  /** When the key stops working. */
  expiresAt?: string;
  /** When the key was revoked. */
  revokedAt?: string;
  /** The minute in which it was last used. */
  lastUsedAt?: string;
  /** The secret. It is shown only once. */
  key?: string;
}

/** The fields of account.keys.list. */
export interface ListKeysParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of account.keys.list. */
export interface ListKeysReturns {
  items: KeyRecord[];
  nextCursor?: string;
}

/** The fields of account.keys.revoke. */
export interface RevokeKeyParams {
  /** The id that account.keys.create returned. */
  keyId: string;
}

/** The answer of account.keys.revoke. */
export interface RevokeKeyReturns {
  keyId: string;
  revoked: boolean;
}

/** The fields of account.audit. */
export interface AuditParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of account.audit. */
export interface AuditReturns {
  items: AuditEntry[];
  nextCursor?: string;
}

/** The closed list of codes with which the server refuses a call. */
export type ServerErrorCode =
  /** The body is not valid JSON in UTF-8. */
  | 'INVALID_JSON'
  /** A field is missing, malformed or out of bounds. */
  | 'INVALID_REQUEST'
  /** The API key is missing, malformed, unknown, expired or revoked. */
  | 'UNAUTHENTICATED'
  /** The API key lacks the scope that this call needs. */
  | 'SCOPE_MISSING'
  /** The project has no queue with that name. */
  | 'QUEUE_NOT_FOUND'
  /** The queue has no message with that id. */
  | 'MESSAGE_NOT_FOUND'
  /** The queue has no push subscription with that id. */
  | 'SUBSCRIPTION_NOT_FOUND'
  /** There is no API key with that id. */
  | 'KEY_NOT_FOUND'
  /** There is no such route. */
  | 'ROUTE_NOT_FOUND'
  /** The route exists, but not with this method. */
  | 'METHOD_NOT_ALLOWED'
  /** The queue exists with another value of a given setting. */
  | 'QUEUE_EXISTS'
  /** The queue is the dead-letter queue of another queue. */
  | 'QUEUE_IN_USE'
  /** The receipt names a delivery that has ended. */
  | 'LEASE_LOST'
  /** The idempotency key was already used for another request. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The body or a payload is over its limit. */
  | 'PAYLOAD_TOO_LARGE'
  /** The body is not plain, uncompressed JSON. */
  | 'UNSUPPORTED_MEDIA_TYPE'
  /** The dead-letter queue does not exist. */
  | 'DEAD_LETTER_QUEUE_NOT_FOUND'
  /** The dead-letter queues would form a cycle. */
  | 'DEAD_LETTER_CYCLE'
  /** Pushes to that url are not allowed. */
  | 'URL_NOT_ALLOWED'
  /** Too many requests with this key, or without a valid key. */
  | 'RATE_LIMITED'
  /** The server failed; the cause is not shown here. */
  | 'INTERNAL'
  /** The store cannot be reached; nothing was done. */
  | 'STORE_UNAVAILABLE'
  /** The server is at its limit of work; nothing was done. */
  | 'OVERLOADED'
  /** The commit's answer was lost; retry with the same idempotency key. */
  | 'OUTCOME_UNKNOWN'
  /** Storage is full: publishing stops, settling continues. */
  | 'STORAGE_FULL';
