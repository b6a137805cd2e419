import { withPayloadTexts } from '@millrace/client/payload-texts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const answerWith = (payload: string, headers = '{}'): string =>
  `{"ok":true,"data":{"messages":[{"message_id":"m","payload":${payload},"headers":${headers},"last_error":"\\"payload\\":"}]}}`;

const payloadIn = (answer: string): unknown =>
  JSON.parse(withPayloadTexts(answer)).data.messages[0].payload;

describe('the payload of an answer', () => {
  it.each([
    '12345678901234567890',
    '1.50e+02',
    '"a \\" quote, {[}] and \\\\"',
    '{ "a" : [1, {"payload": 2}],\n "a": 3 }',
    'null',
    '[]',
  ])('%s becomes its own text', (payload) => {
    expect(payloadIn(answerWith(payload))).toBe(payload);
  });

  it('is found whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (first, second) => {
        const [one, two] = [answerWith(first), answerWith(second)].map(
          (answer) => JSON.parse(withPayloadTexts(answer)).data.messages[0],
        );
        expect([one.payload, two.payload]).toEqual([first.trim(), second.trim()]);
        expect(one.last_error).toBe('"payload":');
      }),
    );
  });

  it('is not a header of that name', () => {
    const answer = answerWith('1', '{"payload":"2","headers":"3"}');
    const { payload, headers } = JSON.parse(withPayloadTexts(answer)).data.messages[0];
    expect([payload, headers]).toEqual(['1', { payload: '2', headers: '3' }]);
  });

  it('may be nested as deeply as the server allows, and as long', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(payloadIn(answerWith(deep))).toBe(deep);
    const long = `"${'\\"'.repeat(500_000)}"`;
    expect(payloadIn(answerWith(long))).toBe(long);
  });

  it.each(['', '<html>', '{"payload":', '{"ok":false,"error":{"message":"payload"}}'])(
    'is nowhere in %j, which stays as it is',
    (answer) => {
      expect(withPayloadTexts(answer)).toBe(answer);
    },
  );
});
