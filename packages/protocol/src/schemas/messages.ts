import { type Static, type TObject, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import {
  Cursor,
  DelaySeconds,
  Description,
  Extension,
  Headers,
  IdempotencyKey,
  Limit,
  MessageId,
  OpaqueId,
  Optional,
  Payload,
  Priority,
  QueueName,
  Receipt,
  Timestamp,
  TimestampInput,
  VisibilityTimeout,
} from './fields.js';

const queue = QueueName('The name of the queue.');
const idempotency_key = Optional(IdempotencyKey);

const NewMessageFields = {
  payload: Payload,
  delay_seconds: Optional(DelaySeconds),
  priority: Optional(Priority),
  message_group_id: Optional(OpaqueId('The message group, within which a fifo queue keeps order.')),
  deduplication_id: Optional(
    OpaqueId('A fifo queue suppresses another publish with the same id for 5 minutes.'),
  ),
  headers: Optional(Headers),
};

export const PublishParams = Type.Object({ queue, ...NewMessageFields, idempotency_key });
export type PublishParams = Static<typeof PublishParams>;
export const PublishReturns = Type.Object({ message_id: Type.String() });

const NewMessage = Type.Object(NewMessageFields);

export const PublishBatchParams = Type.Object({
  queue,
  messages: Type.Array(NewMessage, {
    maxItems: LIMITS.batchMaxMessages,
    description: 'The messages, published together or not at all.',
  }),
  idempotency_key,
});
export type PublishBatchParams = Static<typeof PublishBatchParams>;
export const PublishBatchReturns = Type.Object({ message_ids: Type.Array(Type.String()) });

export const ConsumeParams = Type.Object({
  queue,
  max_messages: Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.consumeMaxMessages,
      default: LIMITS.consumeDefaultMessages,
      description: 'The most messages to lease.',
    }),
  ),
  visibility_timeout: Optional(
    VisibilityTimeout("Seconds that these messages are leased; else the queue's default."),
  ),
  wait_seconds: Optional(
    Type.Number({
      minimum: 0,
      maximum: LIMITS.waitMaxSeconds,
      default: 0,
      description: 'Seconds to wait for a message if there is none.',
    }),
  ),
  idempotency_key,
});
export type ConsumeParams = Static<typeof ConsumeParams>;

export const QueueMessage = Type.Object({
  message_id: Type.String(),
  queue: Type.String(),
  payload: Payload,
  headers: Type.Optional(Headers),
  priority: Type.Integer(),
  message_group_id: Type.Optional(Type.String()),
  deduplication_id: Type.Optional(Type.String()),
  enqueued_at: Timestamp('When the message was published.'),
  delivery_count: Type.Integer({
    description: 'Deliveries so far, this one included; a redrive resets it.',
  }),
  receipt: Type.Optional(Type.String({ description: 'Identifies this delivery.' })),
  lease_expires_at: Type.Optional(Timestamp('When the lease expires.')),
  source_queue: Type.Optional(
    Type.String({ description: 'The queue that the dead letter came from.' }),
  ),
  dead_lettered_at: Type.Optional(Timestamp('When the message became a dead letter.')),
  dead_letter_reason: Type.Optional(
    Type.Unsafe<'max_retries' | 'rejected' | 'expired_lease'>({
      type: 'string',
      enum: ['max_retries', 'rejected', 'expired_lease'],
    }),
  ),
  last_error: Type.Optional(Type.String({ description: 'The error of the last nack.' })),
});
export type QueueMessage = Static<typeof QueueMessage>;
export const ConsumeReturns = Type.Object({ messages: Type.Array(QueueMessage) });

export const AckParams = Type.Object({
  queue,
  message_id: MessageId,
  receipt: Optional(Receipt),
  idempotency_key,
});
export type AckParams = Static<typeof AckParams>;
export const AckReturns = Type.Object({ message_id: Type.String(), acked: Type.Boolean() });

const NackFields = {
  message_id: MessageId,
  requeue: Optional(
    Type.Boolean({
      default: true,
      description: 'false makes the message a dead letter at once.',
    }),
  ),
  delay_seconds: Optional(DelaySeconds),
  error: Optional(
    Description(
      'What went wrong; stored as last_error, cut to 4,096 characters.',
      LIMITS.lastErrorMaxChars,
    ),
  ),
  receipt: Optional(Receipt),
};
export const NackParams = Type.Object({ queue, ...NackFields, idempotency_key });
export type NackParams = Static<typeof NackParams>;
export const NackReturns = Type.Object({
  message_id: Type.String(),
  nacked: Type.Boolean(),
  requeued: Type.Boolean(),
});

const BatchError = Type.Object({
  code: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
});
const batch = <T extends TObject>(entry: T) =>
  Type.Array(entry, { maxItems: LIMITS.batchMaxMessages });

export const AckBatchParams = Type.Object({
  queue,
  messages: batch(Type.Object({ message_id: MessageId, receipt: Optional(Receipt) })),
  idempotency_key,
});
export type AckBatchParams = Static<typeof AckBatchParams>;
export const AckBatchReturns = Type.Object({
  results: Type.Array(
    Type.Object({
      message_id: Type.String(),
      acked: Type.Boolean(),
      error: Type.Optional(BatchError),
    }),
  ),
});

export const NackBatchParams = Type.Object({
  queue,
  messages: batch(Type.Object(NackFields)),
  idempotency_key,
});
export type NackBatchParams = Static<typeof NackBatchParams>;
export const NackBatchReturns = Type.Object({
  results: Type.Array(
    Type.Object({
      message_id: Type.String(),
      nacked: Type.Boolean(),
      requeued: Type.Boolean(),
      error: Type.Optional(BatchError),
    }),
  ),
});

export const PeekParams = Type.Object({
  queue,
  state: Optional(
    Type.Unsafe<'available' | 'delayed' | 'leased'>({
      type: 'string',
      enum: ['available', 'delayed', 'leased'],
      description: 'Only messages in this state.',
    }),
  ),
  cursor: Optional(Cursor),
  limit: Optional(Limit),
});
export type PeekParams = Static<typeof PeekParams>;
const Seen = Type.Object({
  state: Type.Unsafe<'available' | 'delayed' | 'leased' | 'dead'>({
    type: 'string',
    enum: ['available', 'delayed', 'leased', 'dead'],
  }),
  state_reason: Type.Optional(
    Type.String({ description: 'Why the message cannot be delivered now.' }),
  ),
});
export const PeekReturns = Type.Object({
  items: Type.Array(Type.Composite([QueueMessage, Seen])),
  next_cursor: Type.Optional(Type.String()),
});

export const MessageParams = Type.Object({ queue, message_id: MessageId });
export type MessageParams = Static<typeof MessageParams>;
export const MessageReturns = Type.Composite([
  QueueMessage,
  Seen,
  Type.Object({
    failed_deliveries: Type.Array(
      Type.Object({
        at: Timestamp('When the delivery failed.'),
        how: Type.Unsafe<'nack' | 'rejected' | 'expired_lease'>({
          type: 'string',
          enum: ['nack', 'rejected', 'expired_lease'],
        }),
        error: Type.Optional(Type.String()),
        key_id: Type.Optional(
          Type.String({ description: 'The key that nacked the delivery or had the lease.' }),
        ),
      }),
    ),
  }),
]);

export const DlqListParams = Type.Object({
  queue,
  cursor: Optional(Cursor),
  limit: Optional(Limit),
});
export type DlqListParams = Static<typeof DlqListParams>;
export const DlqListReturns = Type.Object({
  items: Type.Array(QueueMessage),
  next_cursor: Type.Optional(Type.String()),
});

export const RedriveParams = Type.Object({
  queue,
  message_id: Optional(MessageId),
  since: Optional(TimestampInput('Only messages dead-lettered then or later.')),
  max_messages: Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The most dead letters to redrive.',
    }),
  ),
  idempotency_key,
});
export type RedriveParams = Static<typeof RedriveParams>;
export const RedriveReturns = Type.Object({ queue: Type.String(), redriven: Type.Integer() });

export const DlqPurgeParams = Type.Object({
  queue,
  message_id: Optional(MessageId),
  idempotency_key,
});
export type DlqPurgeParams = Static<typeof DlqPurgeParams>;

export const ExtendParams = Type.Object({
  queue,
  message_id: MessageId,
  visibility_timeout: Extension(
    'Seconds from now that the lease lasts, at least 1; 0 returns the message without a failure.',
  ),
  receipt: Optional(Receipt),
  idempotency_key,
});
export type ExtendParams = Static<typeof ExtendParams>;
export const ExtendReturns = Type.Object({
  message_id: Type.String(),
  extended: Type.Boolean(),
  lease_expires_at: Type.Optional(Timestamp('When the extended lease expires.')),
});
