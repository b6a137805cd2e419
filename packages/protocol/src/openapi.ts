import type { TSchema } from '@sinclair/typebox';
import { errorCodesOf, isWriting } from './call-errors.js';
import { CAPABILITIES, type Capability, type CapabilityName } from './capabilities.js';
import { pathsOf } from './capability.js';
import { ERRORS, type ErrorCode } from './errors.js';
import { EXAMPLES } from './examples.js';
import {
  componentRef,
  components,
  failureSchema,
  METADATA_EXAMPLE,
  schemaName,
  successSchema,
} from './openapi-components.js';
import { type JsonSchema, publicSchema } from './public-schema.js';

/** Equal to the version of the packages, which a test checks. */
export const PROTOCOL_VERSION = '0.1.0';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly servers: readonly JsonSchema[];
  readonly tags: readonly JsonSchema[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: JsonSchema;
}

/** All calls as one OpenAPI 3.1 document. */
export function openApiDocument(): OpenApiDocument {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const name of Object.keys(CAPABILITIES) as CapabilityName[]) {
    const capability: Capability = CAPABILITIES[name];
    for (const path of pathsOf(capability)) {
      const method = capability.method.toLowerCase();
      paths[path] = { ...paths[path], [method]: operation(name, path) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'millrace',
      version: PROTOCOL_VERSION,
      summary: 'A self-hosted message queue over plain HTTP.',
      description:
        'Every answer has the same envelope: `ok`, `data`, `error` and `metadata`. A success is always status 200.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document came from.' }],
    tags: [
      { name: 'queue', description: 'Queues and their messages.' },
      { name: 'dlq', description: 'Dead letters.' },
      { name: 'account', description: 'API keys and the audit log.' },
    ],
    paths,
    components: components(),
  };
}

/** @param path which of the call's paths is described */
function operation(name: CapabilityName, path: string): JsonSchema {
  const capability: Capability = { ...CAPABILITIES[name], path };
  const { id, description, scopes } = capability;
  const body = requestBody(name, capability);
  const isOther = path !== CAPABILITIES[name].path;
  return {
    operationId: isOther ? `${id}.of_queue` : id,
    tags: [id.startsWith('queue.dlq.') ? 'dlq' : (id.split('.')[0] as string)],
    summary: description,
    description: `Needs a key with the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`,
    security: scopes.map((scope) => ({ bearer: [scope] })),
    parameters: parameters(name, capability),
    ...(body && { requestBody: body }),
    responses: { '200': success(name), ...failures(name) },
  };
}

/** Where a field of a call is sent. */
export type FieldLocation = 'path' | 'query' | 'body';

export function locationOf({ path, method }: Capability, field: string): FieldLocation {
  if (path.includes(`{${field}}`)) return 'path';
  return method === 'GET' ? 'query' : 'body';
}

function parameters(name: CapabilityName, capability: Capability): JsonSchema[] {
  const { properties, required = [] } = capability.params;
  const example = EXAMPLES[name][0]?.params as Record<string, unknown> | undefined;
  const fields = Object.entries(properties)
    .filter(([field]) => locationOf(capability, field) !== 'body')
    .map(([field, property]) => {
      const { description, ...schema } = publicSchema(property as TSchema);
      return {
        name: field,
        in: locationOf(capability, field),
        required: required.includes(field),
        description,
        schema,
        ...(example?.[field] === undefined ? {} : { example: example[field] }),
      };
    });
  if (!isWriting(capability)) return fields;
  return [...fields, { $ref: componentRef('parameters', 'IdempotencyKey') }];
}

function requestBody(name: CapabilityName, capability: Capability): JsonSchema | undefined {
  const { method, params, refusesUnknown } = capability;
  if (method === 'GET') return undefined;
  const inBody = (field: string): boolean => locationOf(capability, field) === 'body';
  const { properties } = publicSchema(params) as { properties: JsonSchema };
  const required = (params.required ?? []).filter(inBody);
  return {
    required: required.length > 0,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          ...(required.length > 0 && { required }),
          properties: pick(properties, inBody),
          ...(refusesUnknown && { additionalProperties: false }),
        },
        examples: examplesOf(name, ({ params: fields }) => pick(fields as JsonSchema, inBody)),
      },
    },
  };
}

const pick = (fields: JsonSchema, wanted: (name: string) => boolean): JsonSchema =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)));

function examplesOf(
  name: CapabilityName,
  show: (example: { params: unknown; data: unknown }) => unknown,
): JsonSchema {
  const entries = EXAMPLES[name].map((example, index) => [
    `example${index + 1}`,
    { summary: example.title, value: show(example) },
  ]);
  return Object.fromEntries(entries);
}

const REQUEST_ID_HEADER = { 'X-Request-Id': { $ref: componentRef('headers', 'RequestId') } };
const RETRY_AFTER_HEADER = { 'Retry-After': { $ref: componentRef('headers', 'RetryAfter') } };

function success(name: CapabilityName): JsonSchema {
  const data = publicSchema(CAPABILITIES[name].returns, schemaName);
  const examples = examplesOf(name, (example) => ({
    ok: true,
    data: example.data,
    error: null,
    metadata: METADATA_EXAMPLE,
  }));
  return {
    description: 'Done.',
    headers: REQUEST_ID_HEADER,
    content: { 'application/json': { schema: successSchema(data), examples } },
  };
}

/** One response for each status; codes with the same status differ in the body. */
function failures(name: CapabilityName): Record<string, JsonSchema> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorCodesOf(name)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, codes]) => [String(status), failure(codes)]);
  return Object.fromEntries(responses);
}

function failure(codes: readonly ErrorCode[]): JsonSchema {
  const waits = codes.some((code) => 'retryAfterSeconds' in ERRORS[code]);
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n\n'),
    headers: { ...REQUEST_ID_HEADER, ...(waits && RETRY_AFTER_HEADER) },
    content: { 'application/json': { schema: failureSchema(codes) } },
  };
}
