import {
  type SchemaOptions,
  type Static,
  type TObject,
  type TSchema,
  Type,
} from '@sinclair/typebox';
import { LIMITS } from '../limits.js';

/**
 * The fields that calls share. `x-rule` is the text of a refusal where the plain JSON Schema message
 * (for a pattern or a union) would not help its reader. The `title` of an object is its name among the
 * components of the OpenAPI document.
 */
export const QueueName = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: LIMITS.queueNameMaxChars,
    pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]+$',
    'x-rule': 'must have 1 to 128 of the characters A-Z a-z 0-9 . _ - and must not be . or ..',
    description,
  });

export const ProjectName = Type.String({
  minLength: 1,
  maxLength: LIMITS.projectNameMaxChars,
  pattern: '^[A-Za-z0-9._-]+$',
  'x-rule': 'must have 1 to 64 of the characters A-Z a-z 0-9 . _ -',
  description: 'The project that the key belongs to.',
});

/** Text that can be written as UTF-8, so that it comes back unchanged. */
const PLAIN_TEXT = {
  format: 'plain-text',
  'x-rule-format': 'must be well-formed Unicode',
};

export const PlainText = (description: string, maxLength: number) =>
  Type.String({ maxLength, ...PLAIN_TEXT, description });

/** Text for people only: if it is too long it is cut off, and the call is not refused. */
export const Description = (description: string, keptMaxChars: number) =>
  Type.String({ 'x-cut': keptMaxChars, description });

export const OpaqueId = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: LIMITS.opaqueIdMaxChars,
    ...PLAIN_TEXT,
    description,
  });

export const IdempotencyKey = OpaqueId(
  'A retry of the same request with the same key gets the first answer again. It may also be sent as the header Idempotency-Key.',
);

export const MessageId = OpaqueId('The id that publish returned.');

export const Receipt = OpaqueId('The receipt of one delivery, as consume returned it.');

export const Payload = Type.Unknown({
  description: 'Any JSON value. Its text is returned byte for byte.',
});

export const Headers = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string', ...PLAIN_TEXT },
  propertyNames: PLAIN_TEXT,
  description: 'A map of strings, at most 8 KiB as compact JSON.',
  'x-rule': 'must be an object whose values are strings',
});

export const DelaySeconds = Type.Number({
  minimum: 0,
  maximum: LIMITS.delayMaxSeconds,
  description: 'Seconds until the message can be delivered; fractions to the millisecond.',
});

export const Priority = Type.Integer({
  minimum: 0,
  maximum: LIMITS.priorityMax,
  description: 'Higher is delivered first, if the queue has enable_priority.',
});

export const VisibilityTimeout = (description: string) =>
  Type.Number({
    minimum: 1,
    maximum: LIMITS.visibilityTimeoutMaxSeconds,
    description,
  });

/** The field of `extend`: 0 returns the message, and a lease lasts at least a second. */
export const Extension = (description: string) =>
  Type.Number({
    minimum: 0,
    maximum: LIMITS.visibilityTimeoutMaxSeconds,
    not: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    'x-rule': `must be 0, or from 1 to ${LIMITS.visibilityTimeoutMaxSeconds}`,
    description,
  });

export const MaxRetries = Type.Integer({
  minimum: 0,
  maximum: LIMITS.retriesMax,
  description: 'Nacks that a message may have after the first one before it becomes a dead letter.',
});

export const MaxExpiredLeases = Type.Integer({
  minimum: 0,
  maximum: LIMITS.expiredLeasesMax,
  description:
    'Leases that may expire after the first one before the message becomes a dead letter. Default: max_retries, or 1,000 on a standard queue that was never given max_retries or a dead-letter queue.',
});

export const RetentionDays = Type.Integer({
  minimum: LIMITS.retentionMinDays,
  maximum: LIMITS.retentionMaxDays,
  description: 'Days that a message is kept, counted from when it first becomes available.',
});

export const Cursor = Type.String({
  minLength: 1,
  maxLength: LIMITS.cursorMaxChars,
  description: 'The next_cursor of the previous page.',
});

export const Limit = Type.Integer({
  minimum: 1,
  maximum: LIMITS.listLimitMax,
  default: LIMITS.listLimitDefault,
  description: 'Items in a page.',
});

/** The name of a queue in an answer, where it needs no rule. */
export const QueueNameOut = Type.String({ description: 'The name of the queue.' });

export const MessageIdOut = Type.String({
  description: 'The id of the message, which stays the same for its whole life.',
});

/** One page of a list. */
export const Page = <T extends TSchema>(title: string, item: T, description: string) =>
  Type.Object(
    {
      items: Type.Array(item, { description }),
      next_cursor: Type.Optional(
        Type.String({ description: 'The cursor of the next page; absent on the last page.' }),
      ),
    },
    { title },
  );

/** The results of a batch: one for each entry. */
export const BatchResults = <T extends TObject>(title: string, result: T) =>
  Type.Object(
    {
      results: Type.Array(result, { description: 'The results, in the order of the entries.' }),
    },
    { title },
  );

/** In answers a time is ISO 8601 in UTC with milliseconds. */
export const Timestamp = (description: string) => Type.String({ format: 'date-time', description });

/** In requests a time may also be epoch milliseconds. */
export const TimestampInput = (description: string) =>
  Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    maxLength: 40,
    'x-rule': 'must be a time, as ISO 8601 in UTC or as epoch milliseconds',
    description,
  });

/** A field that null resets to its default. */
export const Clearable = <T extends TSchema>(schema: T) =>
  Type.Optional(
    Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type as string, 'null'] }),
  );

export const Optional = <T extends TSchema>(schema: T, options?: SchemaOptions) =>
  Type.Optional(options ? ({ ...schema, ...options } as T) : schema);
