/**
 * Every number that bounds the wire contract, in one place. The server may be configured with
 * other values where its settings say so; these are the defaults and what the schemas publish.
 */
export const LIMITS = {
  queueNameMaxChars: 128,
  projectNameMaxChars: 64,
  keyNameMaxChars: 128,
  payloadMaxBytes: 1024 * 1024,
  headersMaxBytes: 8 * 1024,
  batchMaxMessages: 1_000,
  batchMaxBytes: 16 * 1024 * 1024,
  /** An answer that carries messages stops here, but carries at least one. */
  answerMaxBytes: 16 * 1024 * 1024,
  /** What a body may hold beside its payloads: field names, headers (escaped), white space. */
  bodyOverheadMaxBytes: 128 * 1024,
  delayMaxSeconds: 604_800,
  visibilityTimeoutMinSeconds: 1,
  visibilityTimeoutMaxSeconds: 43_200,
  retentionMinDays: 1,
  retentionMaxDays: 30,
  retriesMax: 1_000,
  expiredLeasesMax: 100_000,
  priorityMax: 9,
  /** How long a deduplication id suppresses another publish to its fifo queue. */
  deduplicationSeconds: 300,
  pushUrlMaxChars: 2_048,
  pushSecretMaxChars: 512,
  headerNameMaxChars: 256,
  pushAllowedHeadersMax: 20,
  pushInFlightMax: 1_000,
  pushInFlightDefault: 10,
  pushSubscriptionsPerQueueMax: 100,
  /** Attempts that a subscription remembers. */
  pushDeliveriesKept: 100,
  /** Failed deliveries that a message remembers. */
  failuresKept: 20,
  /** Entries that the audit log keeps, of each outcome. */
  auditDoneKept: 10_000,
  auditRefusedKept: 2_000,
  listLimitMax: 1_000,
  listLimitDefault: 50,
  consumeMaxMessages: 1_000,
  consumeDefaultMessages: 10,
  waitMaxSeconds: 20,
  /** Idempotency keys, group ids and deduplication ids. */
  opaqueIdMaxChars: 256,
  lastErrorMaxChars: 4_096,
  cursorMaxChars: 1_024,
} as const;

export const QUEUE_DEFAULTS = {
  type: 'standard',
  maxRetries: 3,
  /** Of a standard queue to which neither retries nor a dead-letter queue were ever given. */
  maxExpiredLeases: 1_000,
  messageRetentionDays: 7,
  visibilityTimeoutDefaultSeconds: 30,
  enablePriority: false,
} as const;
