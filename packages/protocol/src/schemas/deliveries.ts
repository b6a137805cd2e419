import { type Static, type TObject, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import {
  BatchResults,
  DelaySeconds,
  Description,
  Extension,
  IdempotencyKey,
  MessageId,
  MessageIdOut,
  Optional,
  QueueName,
  Receipt,
  Timestamp,
  VisibilityTimeout,
} from './fields.js';
import { QueueMessage } from './messages.js';

const queue = QueueName('The name of the queue.');
const idempotency_key = Optional(IdempotencyKey);

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

export const ConsumeReturns = Type.Object(
  {
    messages: Type.Array(QueueMessage, {
      description: 'The messages, in the order of the queue; empty if there are none.',
    }),
  },
  { title: 'ConsumeResult' },
);

export const AckParams = Type.Object({
  queue,
  message_id: MessageId,
  receipt: Optional(Receipt),
  idempotency_key,
});
export type AckParams = Static<typeof AckParams>;
const Acked = {
  message_id: MessageIdOut,
  acked: Type.Boolean({
    description: 'Whether this call removed the message; false if it is unknown or gone.',
  }),
};
export const AckReturns = Type.Object(Acked, { title: 'AckResult' });

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
const Nacked = {
  message_id: MessageIdOut,
  nacked: Type.Boolean({
    description: 'Whether the nack counted; false if the message is not leased or is unknown.',
  }),
  requeued: Type.Boolean({
    description: 'Whether it is delivered again; false if it became a dead letter.',
  }),
};
export const NackReturns = Type.Object(Nacked, { title: 'NackResult' });

const error = Type.Optional(
  Type.Object(
    {
      code: Type.String({ description: 'The code of the error.' }),
      message: Type.String({ description: 'What was wrong, in words for people.' }),
      hint: Type.Optional(Type.String({ description: 'What to do next.' })),
    },
    { title: 'EntryError', description: 'Why this entry failed; the others are not affected.' },
  ),
);
const batch = <T extends TObject>(entry: T) =>
  Type.Array(entry, {
    maxItems: LIMITS.batchMaxMessages,
    description: 'The deliveries; each has a result of its own.',
  });

const AckEntry = Type.Object(
  { message_id: MessageId, receipt: Optional(Receipt) },
  { title: 'AckEntry', description: 'A delivery to ack.' },
);
export const AckBatchParams = Type.Object({ queue, messages: batch(AckEntry), idempotency_key });
export type AckBatchParams = Static<typeof AckBatchParams>;
export const AckBatchReturns = BatchResults(
  'AckBatchResult',
  Type.Object({ ...Acked, error }, { title: 'AckEntryResult' }),
);

const NackEntry = Type.Object(NackFields, {
  title: 'NackEntry',
  description: 'A delivery to nack.',
});
export const NackBatchParams = Type.Object({ queue, messages: batch(NackEntry), idempotency_key });
export type NackBatchParams = Static<typeof NackBatchParams>;
export const NackBatchReturns = BatchResults(
  'NackBatchResult',
  Type.Object({ ...Nacked, error }, { title: 'NackEntryResult' }),
);

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
export const ExtendReturns = Type.Object(
  {
    message_id: MessageIdOut,
    extended: Type.Boolean({
      description:
        'Whether the lease was changed; false if the message is not leased or is unknown.',
    }),
    lease_expires_at: Type.Optional(Timestamp('When the extended lease expires.')),
  },
  { title: 'ExtendResult' },
);
