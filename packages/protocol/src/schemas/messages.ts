import { type Static, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import {
  DelaySeconds,
  Headers,
  IdempotencyKey,
  MessageId,
  OpaqueId,
  Optional,
  Payload,
  Priority,
  QueueName,
  Receipt,
  Timestamp,
  VisibilityTimeout,
} from './fields.js';

const queue = QueueName('The name of the queue.');
const idempotency_key = Optional(IdempotencyKey);

const NewMessageFields = {
  payload: Payload,
  delay_seconds: Optional(DelaySeconds),
  priority: Optional(Priority),
  message_group_id: Optional(OpaqueId('The group within which a fifo queue keeps order.')),
  deduplication_id: Optional(OpaqueId('Suppresses a second publish to a fifo queue.')),
  headers: Optional(Headers),
};

export const PublishParams = Type.Object({ queue, ...NewMessageFields, idempotency_key });
export type PublishParams = Static<typeof PublishParams>;
export const PublishReturns = Type.Object({ message_id: Type.String() });

export const ConsumeParams = Type.Object({
  queue,
  max_messages: Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.consumeMaxMessages,
      default: LIMITS.consumeDefaultMessages,
      description: 'Messages to lease at most.',
    }),
  ),
  visibility_timeout: Optional(
    VisibilityTimeout('Seconds that these messages are leased; else what the queue says.'),
  ),
  wait_seconds: Optional(
    Type.Number({
      minimum: 0,
      maximum: LIMITS.waitMaxSeconds,
      default: 0,
      description: 'Seconds to wait for a message when there is none.',
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
  enqueued_at: Timestamp('When it was published.'),
  delivery_count: Type.Integer({ description: 'Deliveries so far, this one included.' }),
  receipt: Type.Optional(Type.String({ description: 'Names this delivery.' })),
  lease_expires_at: Type.Optional(Timestamp('When the lease runs out.')),
  source_queue: Type.Optional(Type.String({ description: 'The queue that a dead letter left.' })),
  dead_lettered_at: Type.Optional(Timestamp('When it became a dead letter.')),
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

export const NackParams = Type.Object({
  queue,
  message_id: MessageId,
  requeue: Optional(
    Type.Boolean({ default: true, description: 'false makes it a dead letter at once.' }),
  ),
  delay_seconds: Optional(DelaySeconds),
  error: Optional(
    Type.String({
      maxLength: LIMITS.lastErrorMaxChars,
      description: 'What went wrong; kept as last_error.',
    }),
  ),
  receipt: Optional(Receipt),
  idempotency_key,
});
export type NackParams = Static<typeof NackParams>;
export const NackReturns = Type.Object({
  message_id: Type.String(),
  nacked: Type.Boolean(),
  requeued: Type.Boolean(),
});

export const ExtendParams = Type.Object({
  queue,
  message_id: MessageId,
  visibility_timeout: VisibilityTimeout(
    'Seconds from now that the lease shall last; 0 gives the message back without a failure.',
    0,
  ),
  receipt: Optional(Receipt),
  idempotency_key,
});
export type ExtendParams = Static<typeof ExtendParams>;
export const ExtendReturns = Type.Object({
  message_id: Type.String(),
  extended: Type.Boolean(),
  lease_expires_at: Type.Optional(Timestamp('When the lease now runs out.')),
});
