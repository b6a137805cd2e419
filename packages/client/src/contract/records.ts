// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

/** The record QueueRecord of PROTOCOL.md. */
export interface QueueRecord {
  /** The name of the queue. */
  queue: string;
  /** standard, or fifo for strict order within a message group. */
  type: 'standard' | 'fifo';
  /** The queue that takes the dead letters; absent if they stay in the built-in one. */
  deadLetterQueue?: string;
  /** Nacks that a message may have after the first one before it becomes a dead letter. */
  maxRetries: number;
  /** Leases that may expire after the first one before the message becomes a dead letter: the number in effect. */
  maxExpiredLeases: number;
  /** Seconds of a lease if consume gives no visibilityTimeout. */
  visibilityTimeoutDefault: number;
  /** Days that a message is kept, counted from when it first becomes available. */
  messageRetentionDays: number;
  /** Whether priorities order the messages. */
  enablePriority: boolean;
  /** When the queue was created. */
  createdAt: string;
  /** When a setting last changed. */
  updatedAt: string;
}

/** The record QueueMessage of PROTOCOL.md. */
export interface QueueMessage<T = unknown> {
  /** The id of the message, which stays the same for its whole life. */
  messageId: string;
  /** The name of the queue that the message is in. */
  queue: string;
  /** Any JSON value. Its text is returned byte for byte. */
  payload: T;
  /** A map of strings, at most 8 KiB as compact JSON. */
  headers?: Record<string, string>;
  /** Higher is delivered first, if the queue has enablePriority. */
  priority: number;
  /** The message group, if it has one. */
  messageGroupId?: string;
  /** The deduplication id, if it has one. */
  deduplicationId?: string;
  /** When the message was published. */
  enqueuedAt: string;
  /** Deliveries so far, this one included; a redrive resets it. */
  deliveryCount: number;
  /** Identifies this delivery; only consume returns it. */
  receipt?: string;
  /** When the lease expires. */
  leaseExpiresAt?: string;
  /** The queue that the dead letter came from. */
  sourceQueue?: string;
  /** When the message became a dead letter. */
  deadLetteredAt?: string;
  /** Too many nacks, a nack with requeue false, or too many leases that ran out. */
  deadLetterReason?: 'max_retries' | 'rejected' | 'expired_lease';
  /** The error of the last nack. */
  lastError?: string;
}

/** The record QueueStats of PROTOCOL.md. */
export interface QueueStats {
  /** The name of the queue. */
  queue: string;
  /** Messages that can be delivered now. */
  available: number;
  /** Messages that are leased. */
  inFlight: number;
  /** Messages that wait for their time: their delay, or the delay of a retry. */
  delayed: number;
  /** Dead letters that came from this queue, whichever queue keeps them. */
  dlq: number;
  /** Seconds since the oldest available or leased message first became available. */
  oldestAgeSeconds?: number;
  /** Calls of consume that wait for a message now. */
  waitingConsumers: number;
  /** When consume last looked for messages here; absent if it never did. */
  lastFetchAt?: string;
  /** The key with which it did. */
  lastFetchKeyId?: string;
}

/** The record KeyRecord of PROTOCOL.md. */
export interface KeyRecord {
  /** The id of the key, which is no secret. */
  keyId: string;
  /** The name for people. */
  name?: string;
  /** The project that the key belongs to. */
  project: string;
  /** What the key may do. */
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
  /** Whether the call was done. */
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
  /** The id of the request, as its answer had it. */
  requestId: string;
  /** How many equal refusals came within a minute of the first. */
  count: number;
}

/** The record PushSubscription of PROTOCOL.md. */
export interface PushSubscription {
  /** The id of the subscription. */
  subscriptionId: string;
  /** The same as subscriptionId. */
  id: string;
  /** The name of the queue. */
  queue: string;
  /** The receiver. */
  url: string;
  /** Whether pushes are begun. */
  state: 'active' | 'paused';
  /** requested, or gone if the receiver answered 410. */
  pausedReason?: string;
  /** Only in lists: the node that answers holds pushes back after outages of the receiver. */
  breaker?: 'open';
  /** While the breaker is open: the earliest time of the next probe; absent while one is under way. */
  nextProbeAt?: string;
  /** Whether a secret is set. */
  signed: boolean;
  /** Failed pushes after the first before a message is a dead letter; absent: as the queue. */
  maxRetries?: number;
  /** Seconds that a push leases its message; absent: as the queue. */
  visibilityTimeout?: number;
  /** The queue for messages that cannot be pushed; absent: as the queue. */
  deadLetterQueue?: string;
  /** The body of a push: the whole message as JSON, or the bytes of its payload. */
  format: 'message' | 'payload';
  /** Pushes under way at once, on each node. */
  maxInFlight: number;
  /** The names of the headers; each value is shown as ***. */
  headers?: Record<string, string>;
  /** Names of headers that messages may set even though they carry credentials or identify a client. */
  allowedMessageHeaders?: string[];
  /** When the subscription was created. */
  createdAt: string;
  /** When the subscription was last changed. */
  updatedAt: string;
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
