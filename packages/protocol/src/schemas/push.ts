import { type Static, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import {
  Clearable,
  IdempotencyKey,
  MessageIdOut,
  OpaqueId,
  Optional,
  QueueName,
  QueueNameOut,
  Timestamp,
} from './fields.js';

const Format = Type.Unsafe<'message' | 'payload' | null>({
  type: ['string', 'null'],
  enum: ['message', 'payload', null],
  description: 'The body of a push: the whole message as JSON, or the bytes of its payload.',
});

export const SubscriptionId = OpaqueId('The id that push_subscribe returned.');

const SubscriptionIdOut = Type.String({ description: 'The id of the subscription.' });

export const PushSubscribeParams = Type.Object({
  queue: QueueName('The queue whose messages are pushed.'),
  url: Type.String({
    minLength: 1,
    maxLength: LIMITS.pushUrlMaxChars,
    description:
      'The receiver: an https url that leads to a public address. forward_to and endpoint mean the same.',
  }),
  secret: Clearable(
    Type.String({
      minLength: 1,
      maxLength: LIMITS.pushSecretMaxChars,
      format: 'plain-text',
      'x-rule-format': 'must be well-formed Unicode',
      description:
        'Signs each push; never shown again. The previous one also signs for another day.',
    }),
  ),
  max_retries: Clearable(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.retriesMax,
      description:
        "Failed pushes after the first before a message is a dead letter; else the queue's.",
    }),
  ),
  visibility_timeout: Clearable(
    Type.Number({
      minimum: LIMITS.visibilityTimeoutMinSeconds,
      maximum: LIMITS.visibilityTimeoutMaxSeconds,
      description:
        "Seconds that a push leases its message; the push may take 0.8 of them, at most 30. Else the queue's.",
    }),
  ),
  dead_letter_queue: Clearable(
    QueueName("An existing queue for messages that cannot be pushed; else the queue's own."),
  ),
  format: Optional(Format),
  max_in_flight: Clearable(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.pushInFlightMax,
      description: 'Pushes under way at once, on each node. Default: 10.',
    }),
  ),
  headers: Clearable(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Headers of each push, at most 8 KiB as compact JSON.',
      'x-rule': 'must be an object whose values are strings',
    }),
  ),
  allowed_message_headers: Clearable(
    Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.headerNameMaxChars }), {
      maxItems: LIMITS.pushAllowedHeadersMax,
      description:
        'Names of headers that messages may set even though they carry credentials or identify a client.',
    }),
  ),
  idempotency_key: Optional(IdempotencyKey),
});
export type PushSubscribeParams = Static<typeof PushSubscribeParams>;

export const PushSubscription = Type.Object(
  {
    subscription_id: SubscriptionIdOut,
    id: Type.String({ description: 'The same as subscription_id.' }),
    queue: QueueNameOut,
    url: Type.String({ description: 'The receiver.' }),
    state: Type.Unsafe<'active' | 'paused'>({
      type: 'string',
      enum: ['active', 'paused'],
      description: 'Whether pushes are begun.',
    }),
    paused_reason: Type.Optional(
      Type.String({ description: 'requested, or gone if the receiver answered 410.' }),
    ),
    breaker: Type.Optional(
      Type.Unsafe<'open'>({
        type: 'string',
        enum: ['open'],
        description:
          'Only in lists: the node that answers holds pushes back after outages of the receiver.',
      }),
    ),
    next_probe_at: Type.Optional(
      Timestamp(
        'While the breaker is open: the earliest time of the next probe; absent while one is under way.',
      ),
    ),
    signed: Type.Boolean({ description: 'Whether a secret is set.' }),
    max_retries: Type.Optional(
      Type.Integer({
        description:
          'Failed pushes after the first before a message is a dead letter; absent: as the queue.',
      }),
    ),
    visibility_timeout: Type.Optional(
      Type.Number({
        description: 'Seconds that a push leases its message; absent: as the queue.',
      }),
    ),
    dead_letter_queue: Type.Optional(
      Type.String({
        description: 'The queue for messages that cannot be pushed; absent: as the queue.',
      }),
    ),
    format: Type.Unsafe<'message' | 'payload'>({
      type: 'string',
      enum: ['message', 'payload'],
      description: 'The body of a push: the whole message as JSON, or the bytes of its payload.',
    }),
    max_in_flight: Type.Integer({ description: 'Pushes under way at once, on each node.' }),
    headers: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'The names of the headers; each value is shown as ***.',
      }),
    ),
    allowed_message_headers: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Names of headers that messages may set even though they carry credentials or identify a client.',
      }),
    ),
    created_at: Timestamp('When the subscription was created.'),
    updated_at: Timestamp('When the subscription was last changed.'),
  },
  { title: 'PushSubscription', description: 'The messages of a queue, posted to a url.' },
);
export type PushSubscription = Static<typeof PushSubscription>;

export const PushSubscriptionsParams = Type.Object({ queue: QueueName('The name of the queue.') });
export type PushSubscriptionsParams = Static<typeof PushSubscriptionsParams>;
export const PushSubscriptionsReturns = Type.Object(
  { items: Type.Array(PushSubscription, { description: 'The subscriptions, oldest first.' }) },
  { title: 'PushSubscriptionList' },
);

export const OnePushSubscriptionParams = Type.Object({
  queue: QueueName('The name of the queue.'),
  subscription_id: SubscriptionId,
});
export type OnePushSubscriptionParams = Static<typeof OnePushSubscriptionParams>;

export const ChangePushSubscriptionParams = Type.Object({
  ...OnePushSubscriptionParams.properties,
  idempotency_key: Optional(IdempotencyKey),
});
export type ChangePushSubscriptionParams = Static<typeof ChangePushSubscriptionParams>;

export const PushUnsubscribeReturns = Type.Object(
  {
    subscription_id: SubscriptionIdOut,
    deleted: Type.Boolean({ description: 'Whether there was such a subscription.' }),
  },
  { title: 'UnsubscribeResult' },
);

const Answered = Type.Optional(
  Type.Integer({ description: 'The status that the receiver answered with, if it did.' }),
);
const Duration = Type.Integer({ description: 'Milliseconds that the push took.' });
const Failure = Type.Optional(Type.String({ description: 'Why the push failed, if it did.' }));

export const PushTestReturns = Type.Object(
  {
    delivered: Type.Boolean({ description: 'Whether the receiver answered with 200 to 299.' }),
    status: Answered,
    duration_ms: Duration,
    error: Failure,
  },
  { title: 'PushTestResult' },
);
export type PushTestReturns = Static<typeof PushTestReturns>;

const PushDelivery = Type.Object(
  {
    at: Timestamp('When the push began.'),
    message_id: MessageIdOut,
    attempt: Type.Integer({ description: "The message's delivery count." }),
    status: Answered,
    duration_ms: Duration,
    error: Failure,
  },
  { title: 'PushDelivery', description: 'One push and how it ended.' },
);

export const PushDeliveriesReturns = Type.Object(
  { items: Type.Array(PushDelivery, { description: 'The pushes, newest first.' }) },
  { title: 'PushDeliveryList' },
);
