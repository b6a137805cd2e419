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
  PlainText,
  QueueName,
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

export const QueueRecord = Type.Object({
  queue: Type.String(),
  type: QueueType,
  dead_letter_queue: Type.Optional(Type.String()),
  max_retries: Type.Integer(),
  max_expired_leases: Type.Integer({ description: 'The number in effect.' }),
  visibility_timeout_default: Type.Number(),
  message_retention_days: Type.Integer(),
  enable_priority: Type.Boolean(),
  created_at: Timestamp('When the queue was created.'),
  updated_at: Timestamp('When a setting last changed.'),
});
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
export const DeleteReturns = Type.Object({ queue: Type.String(), deleted: Type.Boolean() });
export const PurgeReturns = Type.Object({ queue: Type.String(), purged: Type.Integer() });

export const GetParams = Type.Object({ queue: QueueName('The name of the queue.') });
export type GetParams = Static<typeof GetParams>;

/** What happened to the messages of a queue. */
const HAPPENED = {
  published: Type.Integer(),
  delivered: Type.Integer(),
  acked: Type.Integer(),
  failed: Type.Integer(),
  dead_lettered: Type.Integer(),
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

export const HistoryReturns = Type.Object({
  queue: Type.String(),
  minutes: Type.Optional(
    Type.Array(
      Type.Object({
        at: Timestamp('The beginning of the minute.'),
        depth: depthAtEnd('minute'),
        ...HAPPENED,
      }),
    ),
  ),
  quarter_hours: Type.Optional(
    Type.Array(
      Type.Object({
        at: Timestamp('The beginning of the quarter of an hour.'),
        depth: depthAtEnd('quarter'),
        ...HAPPENED,
      }),
    ),
  ),
});
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

export const QueueStats = Type.Object({
  queue: Type.String(),
  available: Type.Integer(),
  in_flight: Type.Integer(),
  delayed: Type.Integer(),
  dlq: Type.Integer({
    description: 'Dead letters that came from this queue, whichever queue keeps them.',
  }),
  oldest_age_seconds: Type.Optional(
    Type.Number({
      description: 'Seconds since the oldest available or leased message first became available.',
    }),
  ),
  waiting_consumers: Type.Integer({ description: 'Calls of consume that wait for a message now.' }),
  last_fetch_at: Type.Optional(
    Timestamp('When consume last looked for messages here; absent if it never did.'),
  ),
  last_fetch_key_id: Type.Optional(Type.String({ description: 'The key with which it did.' })),
});
export type QueueStats = Static<typeof QueueStats>;

export const QueueActivity = Type.Object(HAPPENED);
export type QueueActivity = Static<typeof QueueActivity>;

export const ListReturns = Type.Object({
  items: Type.Array(
    Type.Composite([
      QueueRecord,
      Type.Object({
        stats: Type.Optional(QueueStats),
        activity: Type.Optional(QueueActivity),
      }),
    ]),
  ),
  next_cursor: Type.Optional(Type.String()),
});
