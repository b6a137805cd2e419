export interface QueueSettings {
  readonly type: 'standard' | 'fifo';
  readonly deadLetterQueue: string | null;
  readonly maxRetries: number;
  /** Null: what `maxExpiredLeasesInForce` says. */
  readonly maxExpiredLeases: number | null;
  readonly messageRetentionDays: number;
  readonly visibilityTimeoutDefaultMs: number;
  readonly enablePriority: boolean;
}

/** As a store keeps them. */
export interface KeptSettings extends QueueSettings {
  /**
   * Whether `maxRetries` stands for a `maxExpiredLeases` of null as well. So it is for good once it
   * or a dead-letter queue was given, in a FIFO queue, and in those of before this setting.
   */
  readonly followsMaxRetries: boolean;
}

export interface QueueRow extends QueueSettings {
  /** The number in force. */
  readonly maxExpiredLeases: number;
  /** Never reused: a queue made again under an old name is another queue. */
  readonly id: number;
  readonly project: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A queue as stores know it: the public row and where its messages lie. */
export interface QueueEntry extends QueueRow {
  /** Its messages' bucket. Emptying a queue means to give it another; ids are never reused. */
  readonly bucketId: number;
  /** The bucket of its built-in dead-letter queue. */
  readonly deadBucketId: number;
  readonly deadLetterQueueId: number | null;
  /** Null where `maxExpiredLeases` follows other settings, see `KeptSettings`. */
  readonly givenMaxExpiredLeases: number | null;
  readonly followsMaxRetries: boolean;
}
