import { type Static, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import {
  Cursor,
  DelaySeconds,
  Headers,
  IdempotencyKey,
  Limit,
  MessageId,
  MessageIdOut,
  OpaqueId,
  Optional,
  Page,
  Payload,
  Priority,
  QueueName,
  Timestamp,
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
export const PublishReturns = Type.Object({ message_id: MessageIdOut }, { title: 'PublishResult' });

const NewMessage = Type.Object(NewMessageFields, {
  title: 'NewMessage',
  description: 'A message to publish.',
});

export const PublishBatchParams = Type.Object({
  queue,
  messages: Type.Array(NewMessage, {
    maxItems: LIMITS.batchMaxMessages,
    description: 'The messages, published together or not at all.',
  }),
  idempotency_key,
});
export type PublishBatchParams = Static<typeof PublishBatchParams>;
export const PublishBatchReturns = Type.Object(
  {
    message_ids: Type.Array(Type.String(), {
      description: 'The ids of the messages, in the order of the request.',
    }),
  },
  { title: 'PublishBatchResult' },
);

export const QueueMessage = Type.Object(
  {
    message_id: MessageIdOut,
    queue: Type.String({ description: 'The name of the queue that the message is in.' }),
    payload: Payload,
    headers: Type.Optional(Headers),
    priority: Type.Integer({
      description: 'Higher is delivered first, if the queue has enable_priority.',
    }),
    message_group_id: Type.Optional(
      Type.String({ description: 'The message group, if it has one.' }),
    ),
    deduplication_id: Type.Optional(
      Type.String({ description: 'The deduplication id, if it has one.' }),
    ),
    enqueued_at: Timestamp('When the message was published.'),
    delivery_count: Type.Integer({
      description: 'Deliveries so far, this one included; a redrive resets it.',
    }),
    receipt: Type.Optional(
      Type.String({ description: 'Identifies this delivery; only consume returns it.' }),
    ),
    lease_expires_at: Type.Optional(Timestamp('When the lease expires.')),
    source_queue: Type.Optional(
      Type.String({ description: 'The queue that the dead letter came from.' }),
    ),
    dead_lettered_at: Type.Optional(Timestamp('When the message became a dead letter.')),
    dead_letter_reason: Type.Optional(
      Type.Unsafe<'max_retries' | 'rejected' | 'expired_lease'>({
        type: 'string',
        enum: ['max_retries', 'rejected', 'expired_lease'],
        description: 'Too many nacks, a nack with requeue false, or too many leases that ran out.',
      }),
    ),
    last_error: Type.Optional(Type.String({ description: 'The error of the last nack.' })),
  },
  { title: 'QueueMessage', description: 'A message as it is delivered, listed and pushed.' },
);
export type QueueMessage = Static<typeof QueueMessage>;
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
    description: 'Where the message is in its life; dead means a dead letter.',
  }),
  state_reason: Type.Optional(
    Type.String({ description: 'Why the message cannot be delivered now.' }),
  ),
});
const PeekedMessage = Type.Composite([QueueMessage, Seen], {
  title: 'PeekedMessage',
  description: 'A message and its state.',
});
export const PeekReturns = Page(
  'PeekPage',
  PeekedMessage,
  'The messages: the available ones, then the leased ones, then the delayed ones.',
);

export const MessageParams = Type.Object({ queue, message_id: MessageId });
export type MessageParams = Static<typeof MessageParams>;
const FailedDelivery = Type.Object(
  {
    at: Timestamp('When the delivery failed.'),
    how: Type.Unsafe<'nack' | 'rejected' | 'expired_lease'>({
      type: 'string',
      enum: ['nack', 'rejected', 'expired_lease'],
      description: 'A nack or a failed push, a nack with requeue false, or a lease that ran out.',
    }),
    error: Type.Optional(Type.String({ description: 'The error that the nack gave.' })),
    key_id: Type.Optional(
      Type.String({ description: 'The key that nacked the delivery or had the lease.' }),
    ),
  },
  { title: 'FailedDelivery' },
);
export const MessageReturns = Type.Composite(
  [
    QueueMessage,
    Seen,
    Type.Object({
      failed_deliveries: Type.Array(FailedDelivery, {
        description: 'The last 20 failed deliveries of the message, oldest first.',
      }),
    }),
  ],
  {
    title: 'MessageWithFailures',
    description: 'A message, its state and its failed deliveries.',
  },
);
