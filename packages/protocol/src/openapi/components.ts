import type { TSchema } from '@sinclair/typebox';
import { CAPABILITIES, type Capability } from '../capabilities.js';
import { ERRORS, type ErrorCode } from '../errors.js';
import { type JsonSchema, publicBody, publicSchema } from '../public-schema.js';
import { IdempotencyKey } from '../schemas/fields.js';
import { Failure, failureExample } from './envelope.js';
import { PushedMessage } from './webhooks.js';

/** The parts of the OpenAPI document that calls share. */

export const componentRef = (kind: string, name: string): string => `#/components/${kind}/${name}`;

/** An object with a title is a component of that name. */
const referenceTo = ({ title }: TSchema): string | undefined =>
  title === undefined ? undefined : componentRef('schemas', title);

/** A schema in which each object with a title is replaced by a reference to its component. */
export const withReferences = (schema: TSchema): JsonSchema => publicSchema(schema, referenceTo);

export function components(): JsonSchema {
  const { description: _, ...idempotencyKey } = publicSchema(IdempotencyKey);
  const named = [...namedSchemas()].sort(([one], [other]) => (one < other ? -1 : 1));
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return {
    schemas: Object.fromEntries(
      named.map(([name, schema]) => [name, publicBody(schema, referenceTo)]),
    ),
    examples: Object.fromEntries(codes.map((code) => [code, failureExample(code)])),
    parameters: {
      IdempotencyKey: {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description: 'The same as the field idempotency_key. If both are given, the field counts.',
        schema: idempotencyKey,
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

/** The schemas with a title that requests, answers and pushes are made of. */
function namedSchemas(): Map<string, TSchema> {
  const found = new Map<string, TSchema>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as TSchema;
    if (schema.type === 'object' && schema.title !== undefined) found.set(schema.title, schema);
    for (const inner of Object.values(schema)) visit(inner);
  };
  const capabilities: Capability[] = Object.values(CAPABILITIES);
  for (const { params, returns } of capabilities) visit([params, returns]);
  visit([Failure, PushedMessage]);
  return found;
}
