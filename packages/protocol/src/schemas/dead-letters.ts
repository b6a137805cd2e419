import { type Static, Type } from '@sinclair/typebox';
import {
  Cursor,
  IdempotencyKey,
  Limit,
  MessageId,
  Optional,
  Page,
  QueueName,
  QueueNameOut,
  TimestampInput,
} from './fields.js';
import { QueueMessage } from './messages.js';

const queue = QueueName('The name of the queue.');
const idempotency_key = Optional(IdempotencyKey);

export const DlqListParams = Type.Object({
  queue,
  cursor: Optional(Cursor),
  limit: Optional(Limit),
});
export type DlqListParams = Static<typeof DlqListParams>;
export const DlqListReturns = Page(
  'DeadLetterPage',
  QueueMessage,
  'The dead letters, oldest first.',
);

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
export const RedriveReturns = Type.Object(
  {
    queue: QueueNameOut,
    redriven: Type.Integer({ description: 'How many dead letters were sent back.' }),
  },
  { title: 'RedriveResult' },
);

export const DlqPurgeParams = Type.Object({
  queue,
  message_id: Optional(MessageId),
  idempotency_key,
});
export type DlqPurgeParams = Static<typeof DlqPurgeParams>;
