import { type Static, Type } from '@sinclair/typebox';
import { LIMITS, QUEUE_DEFAULTS } from '../limits.js';
import {
  Clearable,
  Cursor,
  IdempotencyKey,
  Limit,
  MaxExpiredLeases,
  MaxRetries,
  Optional,
  Page,
  PlainText,
  QueueName,
  QueueNameOut,
  RetentionDays,
  Timestamp,
  VisibilityTimeout,
} from './fields.js';

export const QueueType = Type.Unsafe<'standard' | 'fifo'>({
  type: 'string',
  enum: ['standard', 'fifo'],
  description: 'standard, or fifo for strict order within a message group.',
});

export const CreateParams = Type.Object({
  name: QueueName('The name of the queue.'),
  type: Optional(QueueType, { default: QUEUE_DEFAULTS.type }),
  dead_letter_queue: Optional(QueueName('An existing queue that takes the dead letters.')),
  max_retries: Optional(MaxRetries, { default: QUEUE_DEFAULTS.maxRetries }),
  max_expired_leases: Optional(MaxExpiredLeases),
  message_retention_days: Optional(RetentionDays, {
    default: QUEUE_DEFAULTS.messageRetentionDays,
  }),
  visibility_timeout_default: Optional(
    VisibilityTimeout('Seconds of a lease if consume gives no visibility_timeout.'),
    { default: QUEUE_DEFAULTS.visibilityTimeoutDefaultSeconds },
  ),
  enable_priority: Optional(
    Type.Boolean({ description: 'Whether priorities order the messages.' }),
    { default: QUEUE_DEFAULTS.enablePriority },
  ),
  idempotency_key: Optional(IdempotencyKey),
});
export type CreateParams = Static<typeof CreateParams>;

export const QueueRecord = Type.Object(
  {
    queue: QueueNameOut,
    type: QueueType,
    dead_letter_queue: Type.Optional(
      Type.String({
        description:
          'The queue that takes the dead letters; absent if they stay in the built-in one.',
      }),
    ),
    max_retries: Type.Integer({
      description:
        'Nacks that a message may have after the first one before it becomes a dead letter.',
    }),
    max_expired_leases: Type.Integer({
      description:
        'Leases that may expire after the first one before the message becomes a dead letter: the number in effect.',
    }),
    visibility_timeout_default: Type.Number({
      description: 'Seconds of a lease if consume gives no visibility_timeout.',
    }),
    message_retention_days: Type.Integer({
      description: 'Days that a message is kept, counted from when it first becomes available.',
    }),
    enable_priority: Type.Boolean({ description: 'Whether priorities order the messages.' }),
    created_at: Timestamp('When the queue was created.'),
    updated_at: Timestamp('When a setting last changed.'),
  },
  { title: 'QueueRecord', description: 'A queue and its settings.' },
);
export type QueueRecord = Static<typeof QueueRecord>;

export const UpdateParams = Type.Object({
  queue: QueueName('The name of the queue.'),
  type: Optional(QueueType),
  dead_letter_queue: Clearable(
    QueueName('An existing queue that takes the dead letters; null detaches it.'),
  ),
  max_retries: Optional(MaxRetries),
  max_expired_leases: Clearable(MaxExpiredLeases),
  message_retention_days: Optional(RetentionDays),
  visibility_timeout_default: Optional(
    VisibilityTimeout('Seconds of a lease if consume gives no visibility_timeout.'),
  ),
  enable_priority: Optional(
    Type.Boolean({ description: 'Whether priorities order the messages.' }),
  ),
  idempotency_key: Optional(IdempotencyKey),
});
export type UpdateParams = Static<typeof UpdateParams>;

export const WriteQueueParams = Type.Object({
  queue: QueueName('The name of the queue.'),
  idempotency_key: Optional(IdempotencyKey),
});
export type WriteQueueParams = Static<typeof WriteQueueParams>;
export const DeleteReturns = Type.Object(
  {
    queue: QueueNameOut,
    deleted: Type.Boolean({ description: 'Whether there was such a queue.' }),
  },
  { title: 'DeleteResult' },
);
export const PurgeReturns = Type.Object(
  {
    queue: QueueNameOut,
    purged: Type.Integer({ description: 'How many messages were removed.' }),
  },
  { title: 'PurgeResult' },
);

export const GetParams = Type.Object({ queue: QueueName('The name of the queue.') });
export type GetParams = Static<typeof GetParams>;

/** What happened to the messages of a queue. */
const HAPPENED = {
  published: Type.Integer({ description: 'Messages that were published.' }),
  delivered: Type.Integer({ description: 'Deliveries to consumers, repeated ones included.' }),
  acked: Type.Integer({ description: 'Messages that were acked.' }),
  failed: Type.Integer({ description: 'Deliveries that failed: nacks and expired leases.' }),
  dead_lettered: Type.Integer({ description: 'Messages that became dead letters.' }),
};

export const HistoryParams = Type.Object({
  queue: QueueName('The name of the queue.'),
  span: Optional(
    Type.Unsafe<'hour' | 'day'>({
      type: 'string',
      enum: ['hour', 'day'],
      description: 'hour for the last 60 minutes, day for the last 96 quarters of an hour.',
    }),
    { default: 'hour' },
  ),
});
export type HistoryParams = Static<typeof HistoryParams>;

const depthAtEnd = (span: string) =>
  Type.Integer({
    description: `Messages in the queue when the ${span} ended, without dead letters.`,
  });

const HistoryMinute = Type.Object(
  {
    at: Timestamp('The beginning of the minute.'),
    depth: depthAtEnd('minute'),
    ...HAPPENED,
  },
  { title: 'HistoryMinute' },
);

const HistoryQuarterHour = Type.Object(
  {
    at: Timestamp('The beginning of the quarter of an hour.'),
    depth: depthAtEnd('quarter'),
    ...HAPPENED,
  },
  { title: 'HistoryQuarterHour' },
);

export const HistoryReturns = Type.Object(
  {
    queue: QueueNameOut,
    minutes: Type.Optional(
      Type.Array(HistoryMinute, {
        description: 'The last 60 minutes, oldest first, the current one included.',
      }),
    ),
    quarter_hours: Type.Optional(
      Type.Array(HistoryQuarterHour, {
        description: 'With span=day instead: the last 96 quarters of an hour.',
      }),
    ),
  },
  { title: 'QueueHistory' },
);
export type HistoryReturns = Static<typeof HistoryReturns>;

export const ListParams = Type.Object({
  cursor: Optional(Cursor),
  limit: Optional(Limit),
  prefix: Optional(PlainText('Only queues whose name begins with it.', LIMITS.queueNameMaxChars)),
  include: Optional(
    Type.Unsafe<'stats' | 'activity' | 'stats,activity' | 'activity,stats'>({
      type: 'string',
      enum: ['stats', 'activity', 'stats,activity', 'activity,stats'],
      description: 'stats adds the counts of each queue, activity its last minute.',
    }),
  ),
});
export type ListParams = Static<typeof ListParams>;

export const QueueStats = Type.Object(
  {
    queue: QueueNameOut,
    available: Type.Integer({ description: 'Messages that can be delivered now.' }),
    in_flight: Type.Integer({ description: 'Messages that are leased.' }),
    delayed: Type.Integer({
      description: 'Messages that wait for their time: their delay, or the delay of a retry.',
    }),
    dlq: Type.Integer({
      description: 'Dead letters that came from this queue, whichever queue keeps them.',
    }),
    oldest_age_seconds: Type.Optional(
      Type.Number({
        description: 'Seconds since the oldest available or leased message first became available.',
      }),
    ),
    waiting_consumers: Type.Integer({
      description: 'Calls of consume that wait for a message now.',
    }),
    last_fetch_at: Type.Optional(
      Timestamp('When consume last looked for messages here; absent if it never did.'),
    ),
    last_fetch_key_id: Type.Optional(Type.String({ description: 'The key with which it did.' })),
  },
  {
    title: 'QueueStats',
    description: 'Exact counts of the messages of a queue, by state, and who consumes them.',
  },
);
export type QueueStats = Static<typeof QueueStats>;

export const QueueActivity = Type.Object(HAPPENED, {
  title: 'QueueActivity',
  description: 'What happened to the messages of a queue in the last 60 seconds: an estimate.',
});
export type QueueActivity = Static<typeof QueueActivity>;

const ListedQueue = Type.Composite(
  [
    QueueRecord,
    Type.Object({
      stats: Type.Optional(QueueStats),
      activity: Type.Optional(QueueActivity),
    }),
  ],
  {
    title: 'ListedQueue',
    description: 'A queue, with its counts and its activity if they were asked for.',
  },
);

export const ListReturns = Page('QueuePage', ListedQueue, 'The queues, sorted by name.');
