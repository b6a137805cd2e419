import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

/** Texts that parsing and serialising again would change. */
const TEXTS: Record<string, string> = {
  null: 'null',
  'a string': '"hello"',
  'an empty string': '""',
  false: 'false',
  'an empty object': '{}',
  'an array': '[1,"two",null]',
  'an integer beyond 2^53': '9007199254740993',
  'an integer of a hundred digits': '1'.repeat(100),
  'a number outside the range of doubles': '1e400',
  'numbers in other spellings': '[1.0,1E5,1e+05,-0,-0.0,0.10,1e-400]',
  'keys out of order': '{"b":1,"a":2,"10":3,"9":4}',
  'duplicate keys': '{"a":1,"a":2,"a":1}',
  'white space inside': '{ "a" :\t1 ,\r\n  "b" : [ ] }',
  'an escaped NUL': '"a\\u0000b"',
  'unnecessary escapes': '"\\u0041\\/\\u00e9\\b\\f"',
  'half of a surrogate pair': '["\\ud800","\\udfff","\\ud83d"]',
  'letters beyond ASCII': '"Größe ☃ 😀 e\u0301 \u2028\u2029\u0085\ufeff"',
  'DEL and the last code points': '"\u007f\uffff\u{10ffff}"',
  'quotes and backslashes': '"\\"\\\\\\"\\\\"',
  'text that looks like the envelope': '{"ok":false,"payload":{"payload":"}],\\"payload\\":1"}}',
  'names of object properties': '{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}',
};

describe.each(STORE_FACTORIES)('payloads on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const consumeText = async (queue: string) => {
    const answer = await client.post('consume', { queue });
    dataOf(answer);
    return payloadIn(answer.text);
  };

  test.each(Object.entries(TEXTS))(
    'a payload is returned byte for byte: %s',
    async (_what, text) => {
      const queue = await client.newQueue();
      dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
      expect(await consumeText(queue)).toBe(text);
    },
  );

  test.each([
    ['before the queue', (q: string) => `{"payload":[1.0],"queue":"${q}"}`],
    [
      'with white space around it',
      (q: string) => `\n{ "queue" : "${q}" , "payload" :\t[1.0] \n}\n`,
    ],
    ['under an escaped name', (q: string) => `{"queue":"${q}","\\u0070ayload":[1.0]}`],
    [
      'after a field of the same name, which it replaces,',
      (q: string) => `{"queue":"${q}","payload":2,"payload":[1.0]}`,
    ],
    [
      'beside a nested field of the same name',
      (q: string) =>
        `{"queue":"${q}","extra":{"payload":"no"},"payload":[1.0],"more":[{"payload":"no"}]}`,
    ],
    [
      'beside a string that contains its name',
      (q: string) => `{"note":"\\",\\"payload\\":9","queue":"${q}","payload":[1.0]}`,
    ],
    [
      'beside a string that ends in a backslash',
      (q: string) => `{"note":"\\\\","queue":"${q}","payload":[1.0],"end":"\\\\\\""}`,
    ],
  ])('a payload %s is returned byte for byte', async (_where, body) => {
    const queue = await client.newQueue();
    dataOf(await client.post('publish', body(queue)));
    expect(await consumeText(queue)).toBe('[1.0]');
  });

  test('arrays nested fifty thousand deep are returned byte for byte', async () => {
    const queue = await client.newQueue();
    const text = '['.repeat(50_000) + ']'.repeat(50_000);
    const body = `{"queue":"${queue}","payload":${text},"idempotency_key":"deep"}`;
    dataOf(await client.post('publish', body));
    expect(await consumeText(queue)).toBe(text);
  });

  test('objects nested ten thousand deep are returned byte for byte', async () => {
    const queue = await client.newQueue();
    const text = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
    expect(await consumeText(queue)).toBe(text);
  });

  test('the text of a payload survives a retry, a move to a dead-letter queue and a restart', async () => {
    const text = '{ "n":9007199254740993, "n":1.0 }';
    const dead_letter_queue = await client.newQueue();
    const queue = await client.newQueue({ dead_letter_queue, max_retries: 1 });
    dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
    for (let failure = 0; failure < 2; failure += 1) {
      const answer = await client.post('consume', { queue, visibility_timeout: 10 });
      expect(payloadIn(answer.text)).toBe(text);
      clock.advance(10_001);
    }
    await client.expectStats(queue, { dlq: 1 });
    await running.restart();
    expect(await consumeText(dead_letter_queue)).toBe(text);
  });

  test.each([
    ['a stray continuation byte', [0x80]],
    ['a sequence that is cut off', [0xe2, 0x98]],
    ['an overlong encoding', [0xc0, 0xaf]],
    ['a surrogate as UTF-8', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['Latin-1', [0xe9]],
  ])(
    'a payload with invalid UTF-8, such as %s, is refused as INVALID_JSON',
    async (_what, bytes) => {
      const queue = await client.newQueue();
      const body = Buffer.concat([
        Buffer.from(`{"queue":"${queue}","payload":"`),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ]);
      errorOf(await client.post('publish', body), 'INVALID_JSON');
      expect((await client.stats(queue)).available).toBe(0);
    },
  );

  test.each([
    '\t"raw tab: \t"',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    '01',
    '+1',
    '.5',
    'NaN',
    'undefined',
    '"\\x41"',
    '/* */1',
    '1 2',
    '"\u0001"',
  ])('a payload that is not JSON is refused as INVALID_JSON: %s', async (text) => {
    const queue = await client.newQueue();
    const answer = await client.post('publish', `{"queue":"${queue}","payload":${text}}`);
    errorOf(answer, 'INVALID_JSON');
  });
});

/** The text of the payload in the answer to a consume, up to the `priority` after it. */
function payloadIn(text: string): string {
  const start = text.indexOf('"payload":') + '"payload":'.length;
  return text.slice(start, text.lastIndexOf(',"priority":'));
}
