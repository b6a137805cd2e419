import {
  CAPABILITIES,
  type Capability,
  type ErrorDetail,
  LIMITS,
  SCOPES,
} from '@millrace/protocol';
import { Ajv, type ErrorObject } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tooManyItems } from './invalid-fields.js';
import { createValidator, type Fields } from './validation.js';

const MAX_DETAILS = 10;

/** Finds all faults at once, as a schema library does, and then takes the first of each path. */
function allFaults(capability: Capability): (fields: Fields) => ErrorDetail[] | undefined {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    formats: { 'date-time': true, 'plain-text': (text: string) => text.isWellFormed() },
    keywords: ['x-rule', 'x-rule-format', 'x-cut'],
  });
  const validate = ajv.compile(capability.params);
  return (fields) => {
    if (validate(fields)) return undefined;
    const byPath = new Map<string, string>();
    for (const error of validate.errors ?? []) {
      const { path, message } = explained(error);
      if (!byPath.has(path)) byPath.set(path, message);
    }
    return [...byPath].map(([path, message]) => ({ path, message })).slice(0, MAX_DETAILS);
  };
}

function explained({ keyword, instancePath, params, parentSchema, message }: ErrorObject) {
  if (keyword === 'required') {
    return { path: `${instancePath}/${params.missingProperty}`, message: 'is required' };
  }
  const path = instancePath;
  if (keyword === 'uniqueItems') {
    return { path, message: 'must not contain the same item twice' };
  }
  const rule = parentSchema?.['x-rule'];
  const isOtherType = keyword === 'type' && /^(string|number|integer)$/.test(`${params.type}`);
  if (typeof rule === 'string' && !isOtherType) return { path, message: rule };
  if (keyword === 'format') {
    return { path, message: String(parentSchema?.['x-rule-format'] ?? message) };
  }
  if (keyword === 'enum') {
    return { path, message: `must be one of ${params.allowedValues.map(String).join(', ')}` };
  }
  if (keyword === 'type') return { path, message: `must be ${[params.type].flat().join(' or ')}` };
  return { path, message: message ?? '' };
}

const scalar = fc.oneof(
  fc.constantFrom('', 'a', 'a b', '.', 'manage', 'fifo', '\ud800', 'x'.repeat(300)),
  fc.constantFrom(-1, 0, 0.5, 1, 5, 10, 1.5, 1e9, true, false, null, undefined),
);
const name = fc.constantFrom('a', 'a/b', '~', '', '\ud800', 'constructor');
const map = fc.dictionary(name, scalar, { maxKeys: 4 });
const scopes = fc.array(fc.constantFrom('read', 'manage', 'none'), { maxLength: 9 });

/** The fields of a capability with values, many of which are wrong. */
function fieldsOf({ properties }: Capability['params']): fc.Arbitrary<Fields> {
  const values = Object.entries(properties).map(([field, schema]) => {
    const value: fc.Arbitrary<unknown> = fc.oneof(
      { weight: 3, arbitrary: scalar },
      { weight: 2, arbitrary: map },
      { weight: 1, arbitrary: scopes },
    );
    if (schema.items?.type !== 'object') return [field, value] as const;
    const entry = fc.oneof({ weight: 4, arbitrary: fieldsOf(schema.items) }, scalar);
    return [field, fc.oneof(fc.array(entry, { maxLength: 4 }), value)] as const;
  });
  return fc.record(Object.fromEntries(values), { requiredKeys: [] });
}

describe('createValidator', () => {
  it.each(Object.keys(CAPABILITIES) as (keyof typeof CAPABILITIES)[])(
    'names the same faults of %s as a search for all faults',
    (call) => {
      const capability: Capability = CAPABILITIES[call];
      const validate = createValidator(capability);
      const expected = allFaults(capability);
      fc.assert(
        fc.property(fieldsOf(capability.params), (fields) => {
          // The items of a list that is too long are not checked.
          fc.pre(!Array.isArray(fields.scopes) || fields.scopes.length <= SCOPES.length);
          expect(validate(fields)?.details).toEqual(expected(fields));
        }),
        { numRuns: 200 },
      );
    },
  );

  /** What JSON.parse makes of 1e400. */
  const BEYOND = Number.POSITIVE_INFINITY;
  const OF_MESSAGE = { queue: 'q', message_id: 'm' };
  const TO_PUBLISH = { queue: 'q', payload: 1 };
  const validateBatch = createValidator(CAPABILITIES.publishBatch);

  it.each([
    ['create', { name: 5 }, '/name', 'must be string'],
    ['extend', { ...OF_MESSAGE, visibility_timeout: '3' }, '/visibility_timeout', 'must be number'],
    ['create', { name: 'q', max_retries: BEYOND }, '/max_retries', 'must be <= 1000'],
    ['create', { name: 'q', max_retries: -BEYOND }, '/max_retries', 'must be >= 0'],
    ['publish', { ...TO_PUBLISH, delay_seconds: BEYOND }, '/delay_seconds', 'must be <= 604800'],
    ['createKey', { scopes: ['read', 'read'] }, '/scopes', 'must not contain the same item twice'],
  ] as const)('of %s says what is wrong with %j', (id, fields, path, message) => {
    expect(createValidator(CAPABILITIES[id])(fields)?.details).toEqual([{ path, message }]);
  });

  it('checks ten of a thousand bad entries', () => {
    let looks = 0;
    const bad = () =>
      Object.defineProperty({ payload: 1 }, 'priority', {
        enumerable: true,
        get: () => {
          looks += 1;
          return 'high';
        },
      });
    const refusal = validateBatch({ queue: 'q', messages: Array.from({ length: 1_000 }, bad) });
    expect(refusal?.details).toHaveLength(MAX_DETAILS);
    expect(refusal?.details?.at(-1)?.path).toBe('/messages/9/priority');
    expect(looks).toBeLessThan(50);
  });

  it('checks ten of 100,000 bad headers', () => {
    let looks = 0;
    const headers = {};
    for (let index = 0; index < 100_000; index += 1) {
      Object.defineProperty(headers, `name-${index}`, {
        enumerable: true,
        get: () => {
          looks += 1;
          return index;
        },
      });
    }
    const refusal = validateBatch({ queue: 'q', messages: [{ payload: 1, headers }] });
    expect(refusal?.details).toHaveLength(MAX_DETAILS);
    expect(looks).toBeLessThan(50);
  });

  it('checks no item of a list that is too long', () => {
    const messages = Array.from({ length: LIMITS.batchMaxMessages + 1 }, () => ({
      get payload(): unknown {
        throw new Error('it looked');
      },
    }));
    const refusal = validateBatch({ queue: 'q', messages });
    expect(refusal).toEqual(tooManyItems('/messages', LIMITS.batchMaxMessages));
  });

  it('reports too many scopes as one fault', () => {
    const refusal = createValidator(CAPABILITIES.createKey)({ scopes: Array(100_000).fill('x') });
    expect(refusal?.details?.map(({ path }) => path)).toEqual(['/scopes']);
    expect(refusal?.message).toContain('must NOT have more than');
  });

  it('reports the length of a text that is too long, before any other fault in it', () => {
    const idempotency_key = '\ud800'.repeat(100_000);
    const refusal = createValidator(CAPABILITIES.purge)({ queue: 'q', idempotency_key });
    expect(refusal?.message).toBe('idempotency_key must NOT have more than 256 characters');
  });

  it('names a header by the beginning of its name', () => {
    const headers = { ['x'.repeat(100_000)]: 1 };
    const refusal = validateBatch({ queue: 'q', messages: [{ payload: 1, headers }] });
    expect(refusal?.details).toEqual([
      { path: `/messages/0/headers/${'x'.repeat(256)}…`, message: 'must be string' },
    ]);
  });
});
