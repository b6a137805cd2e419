export interface QueueSettings {
  readonly type: 'standard' | 'fifo';
  readonly deadLetterQueue: string | null;
  readonly maxRetries: number;
  /** Null: `maxExpiredLeasesInForce` decides. */
  readonly maxExpiredLeases: number | null;
  readonly messageRetentionDays: number;
  readonly visibilityTimeoutDefaultMs: number;
  readonly enablePriority: boolean;
}

/** The settings as a store keeps them. */
export interface KeptSettings extends QueueSettings {
  /**
   * Whether `maxRetries` also applies where `maxExpiredLeases` is null. This is set for good once
   * `maxRetries` or a dead-letter queue was given, in a FIFO queue, and in queues older than this
   * setting.
   */
  readonly followsMaxRetries: boolean;
}

export interface QueueRow extends QueueSettings {
  /** The limit in force. */
  readonly maxExpiredLeases: number;
  /** Never reused: a queue created again under an old name is a different queue. */
  readonly id: number;
  readonly project: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A queue as stores know it: the public row and where its messages are stored. */
export interface QueueEntry extends QueueRow {
  /** The bucket of its messages. A purge gives the queue another one; bucket ids are never reused. */
  readonly bucketId: number;
  /** The bucket of its built-in dead-letter queue. */
  readonly deadBucketId: number;
  readonly deadLetterQueueId: number | null;
  /** Null where `maxExpiredLeases` follows other settings, see `KeptSettings`. */
  readonly givenMaxExpiredLeases: number | null;
  readonly followsMaxRetries: boolean;
}
