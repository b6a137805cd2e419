/**
 * Every number that bounds the wire contract. Some can be changed by settings of the server; these
 * are the defaults and the numbers that the schemas publish.
 */
export const LIMITS = {
  queueNameMaxChars: 128,
  projectNameMaxChars: 64,
  keyNameMaxChars: 128,
  payloadMaxBytes: 1024 * 1024,
  headersMaxBytes: 8 * 1024,
  batchMaxMessages: 1_000,
  batchMaxBytes: 16 * 1024 * 1024,
  /** An answer with messages takes no more of them beyond this size, but always has at least one. */
  answerMaxBytes: 16 * 1024 * 1024,
  /** Room in a body for everything but payloads: field names, headers (escaped), white space. */
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
  /** Attempts kept for each subscription. */
  pushDeliveriesKept: 100,
  /** Failed deliveries kept for each message. */
  failuresKept: 20,
  /** Entries that the audit log keeps for each outcome. */
  auditDoneKept: 10_000,
  auditRefusedKept: 2_000,
  listLimitMax: 1_000,
  listLimitDefault: 50,
  consumeMaxMessages: 1_000,
  consumeDefaultMessages: 10,
  waitMaxSeconds: 20,
  /** Idempotency keys, message group ids, deduplication ids and the like. */
  opaqueIdMaxChars: 256,
  lastErrorMaxChars: 4_096,
  cursorMaxChars: 1_024,
  /** How far the clock of `millrace dev` can be advanced in all: ten years. */
  devClockMaxSeconds: 315_360_000,
} as const;

export const QUEUE_DEFAULTS = {
  type: 'standard',
  maxRetries: 3,
  /** For a standard queue that was never given max_retries or a dead-letter queue. */
  maxExpiredLeases: 1_000,
  messageRetentionDays: 7,
  visibilityTimeoutDefaultSeconds: 30,
  enablePriority: false,
} as const;
