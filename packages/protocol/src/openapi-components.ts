import type { TSchema } from '@sinclair/typebox';
import { ERRORS, type ErrorCode } from './errors.js';
import { type JsonSchema, publicBody, publicSchema } from './public-schema.js';
import { AuditEntry } from './schemas/audit.js';
import { IdempotencyKey } from './schemas/fields.js';
import { KeyRecord } from './schemas/keys.js';
import { QueueMessage } from './schemas/messages.js';
import { QueueRecord, QueueStats } from './schemas/queues.js';

/** The parts of the OpenAPI document that calls share. */

const NAMED: Readonly<Record<string, TSchema>> = {
  QueueRecord,
  QueueStats,
  QueueMessage,
  KeyRecord,
  AuditEntry,
};

export const componentRef = (kind: string, name: string): string => `#/components/${kind}/${name}`;

/** The reference to a schema that is one of the named components; undefined for any other. */
export function schemaName(schema: TSchema): string | undefined {
  const name = Object.keys(NAMED).find((candidate) => NAMED[candidate] === schema);
  return name === undefined ? undefined : componentRef('schemas', name);
}

export const METADATA_EXAMPLE = {
  cost_usd: 0,
  latency_ms: 2,
  vendor: 'millrace',
  cache_hit: false,
  request_id: '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a00',
};

const ENVELOPE = ['ok', 'data', 'error', 'metadata'];

export const successSchema = (data: JsonSchema): JsonSchema => ({
  type: 'object',
  required: ENVELOPE,
  properties: {
    ok: { const: true },
    data,
    error: { type: 'null' },
    metadata: { $ref: componentRef('schemas', 'Metadata') },
  },
});

export const failureSchema = (codes: readonly ErrorCode[]): JsonSchema => ({
  allOf: [
    { $ref: componentRef('schemas', 'Failure') },
    { properties: { error: { properties: { code: { enum: codes } } } } },
  ],
});

export function components(): JsonSchema {
  const named = Object.entries(NAMED).map(([name, schema]) => [
    name,
    publicBody(schema, schemaName),
  ]);
  return {
    schemas: { ...Object.fromEntries(named), ...ENVELOPE_SCHEMAS },
    parameters: {
      IdempotencyKey: {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description: 'The same as the field idempotency_key. If both are given, the field counts.',
        schema: publicSchema(IdempotencyKey),
      },
    },
    headers: {
      RequestId: {
        description: 'The request_id of the metadata.',
        schema: { type: 'string', format: 'uuid' },
      },
      RetryAfter: {
        description: 'Whole seconds to wait before another try.',
        schema: { type: 'integer', minimum: 1 },
      },
    },
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'An API key of this server.' },
    },
  };
}

const PATH_AND_MESSAGE = {
  type: 'object',
  required: ['path', 'message'],
  properties: {
    path: { type: 'string', description: 'The field, as a JSON pointer.' },
    message: { type: 'string', description: 'What is wrong with the field.' },
  },
};

const ENVELOPE_SCHEMAS = {
  Metadata: {
    type: 'object',
    required: Object.keys(METADATA_EXAMPLE),
    properties: {
      cost_usd: { type: 'number', description: 'Always 0, since the server is your own.' },
      latency_ms: { type: 'integer', description: 'Milliseconds that the server took.' },
      vendor: { const: METADATA_EXAMPLE.vendor },
      cache_hit: {
        type: 'boolean',
        description:
          'Whether this is the recorded answer to an earlier request with the same idempotency key.',
      },
      request_id: { type: 'string', format: 'uuid' },
      warnings: {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        description:
          'Points where the call may have done something else than was meant, such as unknown fields.',
        items: PATH_AND_MESSAGE,
      },
    },
  },
  Failure: {
    type: 'object',
    required: ENVELOPE,
    properties: {
      ok: { const: false },
      data: { type: 'null' },
      error: { $ref: componentRef('schemas', 'Error') },
      metadata: { $ref: componentRef('schemas', 'Metadata') },
    },
  },
  Error: {
    type: 'object',
    required: ['code', 'status', 'message'],
    properties: {
      code: { type: 'string', enum: Object.keys(ERRORS) },
      status: { type: 'integer', description: 'The status of the answer.' },
      message: { type: 'string', description: 'What was wrong, in words for people.' },
      hint: { type: 'string', description: 'What to do next.' },
      details: {
        type: 'array',
        items: PATH_AND_MESSAGE,
      },
    },
  },
};
