import {
  CAPABILITIES,
  type Capability,
  type CapabilityName,
  discoveryOf,
  EXAMPLES,
  type Example,
} from '@millrace/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { createValidator } from '#server/http/validation/validation';
import { ISO_MILLISECONDS } from '../http-conformance/answers/expect-answer.js';

/** A validator as a client has it: strict, and without the server's own keywords. */
const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': ISO_MILLISECONDS },
});

describe.each(Object.keys(CAPABILITIES) as CapabilityName[])('the examples of %s', (name) => {
  const capability: Capability = CAPABILITIES[name];
  const detail = discoveryOf(capability.id);

  const examples: readonly Example[] = EXAMPLES[name];

  test.each([...examples])('fit the schemas of the call: $title', ({ params, data }) => {
    const isRequest = ajv.compile(detail?.params ?? false);
    expect(isRequest(params), ajv.errorsText(isRequest.errors)).toBe(true);
    const isAnswer = ajv.compile(detail?.returns ?? false);
    expect(isAnswer(data), ajv.errorsText(isAnswer.errors)).toBe(true);
    expect(createValidator(capability)({ ...(params as object) })).toBeUndefined();
  });

  test('contain only fields of the schemas', () => {
    for (const { params, data } of EXAMPLES[name]) {
      const { properties: returned = {} } = capability.returns as { properties?: object };
      expect(Object.keys(capability.params.properties)).toEqual(
        expect.arrayContaining(Object.keys(params)),
      );
      expect(Object.keys(returned)).toEqual(expect.arrayContaining(Object.keys(data)));
    }
  });
});
