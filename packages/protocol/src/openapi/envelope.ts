import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { ERRORS, type ErrorCode, errorEntry } from '../errors.js';
import type { JsonSchema } from '../public-schema.js';

/** What all answers have in common. */

const METADATA_EXAMPLE = {
  cost_usd: 0,
  latency_ms: 2,
  vendor: 'millrace',
  cache_hit: false,
  request_id: '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a00',
};

const Warning = Type.Object(
  {
    path: Type.String({ description: 'The field, as a JSON pointer.' }),
    message: Type.String({ description: 'Why it may not do what was meant.' }),
  },
  { title: 'Warning' },
);

const Metadata = Type.Object(
  {
    cost_usd: Type.Number({ description: 'Always 0, since the server is your own.' }),
    latency_ms: Type.Integer({ description: 'Milliseconds that the server took.' }),
    vendor: Type.Literal(METADATA_EXAMPLE.vendor, { description: 'The name of the server.' }),
    cache_hit: Type.Boolean({
      description:
        'Whether this is the recorded answer to an earlier request with the same idempotency key.',
    }),
    request_id: Type.String({
      format: 'uuid',
      description: 'The id of the request, also in the header X-Request-Id.',
    }),
    warnings: Type.Optional(
      Type.Array(Warning, {
        minItems: 1,
        maxItems: 10,
        description:
          'Points where the call may have done something else than was meant, such as unknown fields.',
      }),
    ),
  },
  { title: 'Metadata', description: 'How the request was answered.' },
);

const ErrorDetail = Type.Object(
  {
    path: Type.String({ description: 'The field, as a JSON pointer.' }),
    message: Type.String({ description: 'The rule that the field breaks.' }),
  },
  { title: 'ErrorDetail' },
);

const ErrorObject = Type.Object(
  {
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      enum: Object.keys(ERRORS),
      description: 'One of a closed list; programs can switch on it.',
    }),
    status: Type.Integer({ description: 'The status of the answer.' }),
    message: Type.String({ description: 'What was wrong, in words for people.' }),
    hint: Type.Optional(Type.String({ description: 'What to do next.' })),
    details: Type.Optional(
      Type.Array(ErrorDetail, { maxItems: 10, description: 'The fields that break a rule.' }),
    ),
  },
  { title: 'Error', description: 'Why the call failed.' },
);

export const Failure = Type.Object(
  {
    ok: Type.Literal(false, { description: 'false for a failure.' }),
    data: Type.Null({ description: 'null for a failure.' }),
    error: ErrorObject,
    metadata: Metadata,
  },
  { title: 'Failure', description: 'The answer to a call that failed.' },
);

/** The answer to a call that succeeded. It has no title, because it differs by what the call returns. */
export const successOf = (data: TSchema): TObject =>
  Type.Object({
    ok: Type.Literal(true, { description: 'true for a success.' }),
    data,
    error: Type.Null({ description: 'null for a success.' }),
    metadata: Metadata,
  });

export const successExample = (data: unknown): JsonSchema => ({
  ok: true,
  data,
  error: null,
  metadata: METADATA_EXAMPLE,
});

export function failureExample(code: ErrorCode): JsonSchema {
  const { status, title } = errorEntry(code);
  return {
    summary: code,
    value: {
      ok: false,
      data: null,
      error: { code, status, message: title },
      metadata: METADATA_EXAMPLE,
    },
  };
}
