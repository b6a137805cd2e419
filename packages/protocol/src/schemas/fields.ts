import { type SchemaOptions, type Static, type TSchema, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';

/**
 * The fields that calls share. `x-rule` is what a refusal says when the plain JSON Schema message
 * (a pattern, a union) would not help its reader.
 */
export const QueueName = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: LIMITS.queueNameMaxChars,
    pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]+$',
    'x-rule': 'must be 1 to 128 of the characters A-Z a-z 0-9 . _ - and neither . nor ..',
    description,
  });

export const ProjectName = Type.String({
  minLength: 1,
  maxLength: LIMITS.projectNameMaxChars,
  pattern: '^[A-Za-z0-9._-]+$',
  'x-rule': 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -',
  description: 'The project that the key belongs to.',
});

/** Text that has a UTF-8 form, so that it comes back as it was. */
const PLAIN_TEXT = {
  format: 'plain-text',
  'x-rule-format': 'must be well-formed Unicode',
};

export const PlainText = (description: string, maxLength: number) =>
  Type.String({ maxLength, ...PLAIN_TEXT, description });

/** Text for people, which decides nothing: what is too long is cut off, and refuses no call. */
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
  'A retry with the same key and the same request gets the first answer again. The header Idempotency-Key does the same.',
);

export const MessageId = OpaqueId('The id that publish answered.');

export const Receipt = OpaqueId('The receipt of one delivery, as consume answered it.');

export const Payload = Type.Unknown({
  description: 'Any JSON value; its text comes back byte for byte.',
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
  description: 'Higher is delivered first, where the queue has enable_priority.',
});

export const VisibilityTimeout = (description: string) =>
  Type.Number({
    minimum: 1,
    maximum: LIMITS.visibilityTimeoutMaxSeconds,
    description,
  });

/** Of `extend`, where 0 gives the message back; a lease of less than a second is none. */
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
  description: 'Nacks after the first that a message may have before it is a dead letter.',
});

export const MaxExpiredLeases = Type.Integer({
  minimum: 0,
  maximum: LIMITS.expiredLeasesMax,
  description:
    'Leases after the first that may run out before the message is a dead letter; else max_retries, or 1,000 on a standard queue to which neither that nor a dead-letter queue was ever given.',
});

export const RetentionDays = Type.Integer({
  minimum: LIMITS.retentionMinDays,
  maximum: LIMITS.retentionMaxDays,
  description: 'Days that a message is kept, from when it first becomes available.',
});

export const Cursor = Type.String({
  minLength: 1,
  maxLength: LIMITS.cursorMaxChars,
  description: 'The next_cursor of the page before.',
});

export const Limit = Type.Integer({
  minimum: 1,
  maximum: LIMITS.listLimitMax,
  default: LIMITS.listLimitDefault,
  description: 'Items in a page.',
});

/** On the wire a time is ISO 8601 UTC with milliseconds. */
export const Timestamp = (description: string) => Type.String({ format: 'date-time', description });

/** As an input a time may also be epoch milliseconds. */
export const TimestampInput = (description: string) =>
  Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    maxLength: 40,
    'x-rule': 'must be a time as ISO 8601 in UTC or as epoch milliseconds',
    description,
  });

/** What null clears, back to what holds where nothing is given. */
export const Clearable = <T extends TSchema>(schema: T) =>
  Type.Optional(
    Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type as string, 'null'] }),
  );

export const Optional = <T extends TSchema>(schema: T, options?: SchemaOptions) =>
  Type.Optional(options ? ({ ...schema, ...options } as T) : schema);
