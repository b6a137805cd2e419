import { readFile } from 'node:fs/promises';
import {
  CAPABILITIES,
  type Capability,
  type CapabilityName,
  ERRORS,
  type ErrorCode,
  errorCodesOf,
  PROTOCOL_VERSION,
  ROUTE_ERRORS,
} from '@millrace/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../harness/http-server.js';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { useServer } from '../http-conformance/use-server.js';

const server = useServer(STORE_FACTORIES[0] as StoreFactory);
const NAMES = Object.keys(CAPABILITIES) as CapabilityName[];

let document: Json;
beforeAll(async () => {
  document = (await server.call('GET', '/openapi.json', undefined, { key: null })).body;
});

const operationOf = (name: CapabilityName): Json => {
  const { path, method } = CAPABILITIES[name];
  return document.paths[path][method.toLowerCase()];
};

describe('/openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('fails the validation with a deliberate fault', async () => {
    const broken = structuredClone(document);
    broken.paths['/v1/queue/publish'].post.parameters.push({ name: 'x', in: 'nowhere' });
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });

  test('has no broken reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(0);
    for (const [, pointer = ''] of references) {
      const target = pointer.split('/').reduce((node, part) => node?.[part], document);
      expect(target, pointer).toBeDefined();
    }
  });

  test('contains no keyword that only the server understands', () => {
    expect(JSON.stringify(document)).not.toMatch(/"x-rule|plain-text/);
  });

  test('has the same version as the packages', async () => {
    const file = new URL('../../../protocol/package.json', import.meta.url);
    expect(PROTOCOL_VERSION).toBe(JSON.parse(await readFile(file, 'utf8')).version);
  });
});

describe.each(NAMES)('the operation %s', (name) => {
  const { id, path, method, params } = CAPABILITIES[name];

  test('has every field exactly once, in the path, the query string or the body', () => {
    const { parameters, requestBody, operationId } = operationOf(name);
    expect(operationId).toBe(id);
    const outside = parameters.filter((parameter: Json) => parameter.name !== undefined);
    const schema = requestBody?.content['application/json'].schema ?? { properties: {} };
    const names = [
      ...outside.map((parameter: Json) => parameter.name),
      ...Object.keys(schema.properties),
    ];
    expect(names.sort()).toEqual(Object.keys(params.properties).sort());
    const inPath = outside.filter((parameter: Json) => parameter.in === 'path');
    expect(inPath.map((parameter: Json) => `{${parameter.name}}`)).toEqual(
      path.match(/\{\w+\}/g) ?? [],
    );
  });

  test('accepts an idempotency key in the header only if it changes something', () => {
    const references = operationOf(name).parameters.map((parameter: Json) => parameter.$ref);
    expect(references.includes('#/components/parameters/IdempotencyKey')).toBe(
      method !== 'GET' && name !== 'pushTest',
    );
  });

  test('lists each of its errors under its status', () => {
    const { responses } = operationOf(name);
    const codes = errorCodesOf(name);
    const statuses = codes.map((code) => String(ERRORS[code].status));
    expect(Object.keys(responses).sort()).toEqual(['200', ...new Set(statuses)].sort());
    for (const code of codes) {
      expect(responses[ERRORS[code].status].description).toContain(`\`${code}\``);
    }
  });
});

describe.each(NAMES.filter((name) => 'queuePath' in CAPABILITIES[name]))(
  'the operation %s with the queue in the path',
  (name) => {
    const capability: Capability = CAPABILITIES[name];
    const other = () => document.paths[capability.queuePath as string].post;

    test('has its own id, and the queue in the path instead of the body', () => {
      const { operationId, parameters, requestBody } = other();
      expect(operationId).toBe(`${capability.id}.of_queue`);
      const inPath = parameters.filter((parameter: Json) => parameter.in === 'path');
      expect(inPath).toMatchObject([{ name: 'queue', required: true }]);
      const { schema, examples } = requestBody.content['application/json'];
      expect(schema.properties).not.toHaveProperty('queue');
      expect(['queue', ...Object.keys(schema.properties)].sort()).toEqual(
        Object.keys(capability.params.properties).sort(),
      );
      expect(requestBody.required).toBe(name !== 'consume');
      for (const { value } of Object.values<Json>(examples))
        expect(value).not.toHaveProperty('queue');
    });

    test('has the same description and answers as the one with the queue in the body', () => {
      const { operationId, parameters, requestBody, 'x-scalar-ignore': hidden, ...same } = other();
      expect(hidden).toBe(true);
      expect(operationOf(name)).toMatchObject(same);
    });
  },
);

test('the operations that refuse unknown fields declare additionalProperties false', () => {
  for (const name of NAMES) {
    const { requestBody } = operationOf(name);
    const { additionalProperties } = requestBody?.content['application/json'].schema ?? {};
    expect(additionalProperties, name).toBe(
      ['createKey', 'revokeKey'].includes(name) ? false : undefined,
    );
  }
});

test('each error code belongs to a call or to a request without a route', () => {
  const given = new Set<ErrorCode>([...ROUTE_ERRORS, ...NAMES.flatMap(errorCodesOf)]);
  expect([...given].sort()).toEqual(Object.keys(ERRORS).sort());
});
