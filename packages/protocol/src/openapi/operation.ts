import type { TSchema } from '@sinclair/typebox';
import { errorCodesOf, isWriting } from '../call-errors.js';
import { CAPABILITIES, type Capability, type CapabilityName } from '../capabilities.js';
import { ERRORS, type ErrorCode } from '../errors.js';
import { EXAMPLES } from '../examples.js';
import { type JsonSchema, publicSchema } from '../public-schema.js';
import { componentRef, withReferences } from './components.js';
import { Failure, successExample, successOf } from './envelope.js';
import { codeSamples } from './samples/samples.js';

/** Where a field of a call is sent. */
type FieldLocation = 'path' | 'query' | 'body';

function locationOf({ path, method }: Capability, field: string): FieldLocation {
  if (path.includes(`{${field}}`)) return 'path';
  return method === 'GET' ? 'query' : 'body';
}

/** What the reference says about an operation besides its fields and answers. */
export interface OperationTexts {
  readonly title: string;
  readonly section: string;
  readonly rules: string;
}

/** @param path which of the call's paths is described */
export function operation(
  name: CapabilityName,
  path: string,
  { title, section, rules }: OperationTexts,
): JsonSchema {
  const capability: Capability = { ...CAPABILITIES[name], path };
  const { id, scopes } = capability;
  const body = requestBody(name, capability);
  const isOther = path !== CAPABILITIES[name].path;
  return {
    operationId: isOther ? `${id}.of_queue` : id,
    // Pages for people show a call once; for programs each of its paths is an operation.
    ...(isOther && { 'x-scalar-ignore': true }),
    tags: [section],
    summary: title,
    description: `${rules}\n\n${conditions(name)}`,
    security: scopes.map((scope) => ({ bearer: [scope] })),
    parameters: parameters(name, capability),
    ...(body && { requestBody: body }),
    responses: { '200': success(name), ...failures(name) },
    'x-codeSamples': codeSamples(name),
  };
}

/** Who may make the call, and at which other path. */
function conditions(name: CapabilityName): string {
  const { id, method, scopes, queuePath }: Capability = CAPABILITIES[name];
  const named = scopes.map((scope) => `\`${scope}\``).join(' or ');
  const also = queuePath === undefined ? '' : ` The same call: \`${method} ${queuePath}\`.`;
  return `Call \`${id}\`, with the scope ${named}.${also}`;
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
  const { properties } = withReferences(params) as { properties: JsonSchema };
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
  const { returns }: Capability = CAPABILITIES[name];
  const schema = withReferences(successOf(returns));
  const fields = schema.properties as { readonly data: JsonSchema };
  const data = { description: 'What the call returns.', ...fields.data };
  return {
    description: 'Done.',
    headers: REQUEST_ID_HEADER,
    content: {
      'application/json': {
        schema: { ...schema, properties: { ...fields, data } },
        examples: examplesOf(name, (example) => successExample(example.data)),
      },
    },
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
  const examples = codes.map((code) => [code, { $ref: componentRef('examples', code) }]);
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n\n'),
    headers: { ...REQUEST_ID_HEADER, ...(waits && RETRY_AFTER_HEADER) },
    content: {
      'application/json': {
        schema: withReferences(Failure),
        examples: Object.fromEntries(examples),
      },
    },
  };
}
