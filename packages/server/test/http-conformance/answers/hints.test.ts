import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { usePushes } from '../push/use-pushes.js';
import { dataOf, errorOf, expectNoWarnings, replayOf, warningsOf } from './expect-answer.js';

const DAY_MS = 86_400_000;
const secretOf = (word: string) => `the secret number ${word}`;

describe.each(STORE_FACTORIES)('hints and details of refusals on $name', (factory) => {
  const { client } = usePushes(factory);
  const plain = useManager(factory);

  test.each([
    ['localhost', 'https://localhost/hook', [/127\.0\.0\.1/, /--push-allow/]],
    ['a name under localhost', 'http://a.localhost:8080/', [/127\.0\.0\.1/, /--push-allow/]],
    ['user info', 'https://a:b@receiver.example/', [/headers/]],
    ['another scheme', 'ftp://receiver.example/', [/https/]],
    ['a private address', 'https://10.1.2.3/', [/--push-allow 10\.1\.2\.3/]],
    ['plain http', 'http://8.8.8.8/', [/https/, /--push-allow/]],
  ])('a url with %s gets a hint that says what to change', async (_what, url, patterns) => {
    const queue = await client.newQueue();
    const { hint } = errorOf(await client.subscribe(queue, { url }), 'URL_NOT_ALLOWED');
    for (const pattern of patterns) expect(hint).toMatch(pattern);
  });

  test.each([
    'https://a:b@receiver.example/',
    'ftp://receiver.example/',
    'https://169.254.169.254/latest/meta-data',
    'https://224.0.0.1/',
    'https://203.0.113.9/',
  ])('the url %s gets a hint without --push-allow, which would not help', async (url) => {
    const queue = await client.newQueue();
    const { hint } = errorOf(await client.subscribe(queue, { url }), 'URL_NOT_ALLOWED');
    expect(hint).not.toContain('--push-allow');
  });

  test('a field that may be null has null among the allowed values in the details', async () => {
    const queue = await client.newQueue();
    const body = { url: 'https://receiver.example/', format: 'xml', secret: 5 };
    const { details } = errorOf(await client.subscribe(queue, body), 'INVALID_REQUEST');
    expect(details).toEqual([
      { path: '/secret', message: 'must be string or null' },
      { path: '/format', message: 'must be one of message, payload, null' },
    ]);
  });

  test('a delete of a dead-letter queue gets a hint that says what happens to the dead letters', async () => {
    const dead = await plain.client.newQueue();
    const queue = await plain.client.newQueue({ dead_letter_queue: dead });
    await plain.client.bury(queue, 1, 2);
    const { hint } = errorOf(await plain.client.delete(dead), 'QUEUE_IN_USE');
    expect(hint).toMatch(/deletes the dead letters/);
    expect(hint).toMatch(/redrive them first/);
    // What the hint says is true.
    dataOf(await plain.client.update(queue, { dead_letter_queue: null }));
    expect((await plain.client.stats(queue)).dlq).toBe(2);
    dataOf(await plain.client.delete(dead));
    expect((await plain.client.stats(queue)).dlq).toBe(0);
  });

  test('a delete of the dead-letter queue of a push subscription gets a hint where to detach it', async () => {
    const dead = await client.newQueue();
    const queue = await client.newQueue();
    const url = 'https://receiver.example/';
    await client.subscribed(queue, url, { dead_letter_queue: dead });
    const { message, hint } = errorOf(await client.delete(dead), 'QUEUE_IN_USE');
    expect(message).toContain(`"${queue}"`);
    expect(hint).toContain('push_subscribe');
    await client.subscribed(queue, url, { dead_letter_queue: null });
    dataOf(await client.delete(dead));
  });

  test.each([
    ['create', { name: 'x'.repeat(140 * 1024) }, /only publish and the batch calls/],
    ['ack_batch', { filling: 'x'.repeat(9 * 1024 * 1024) }, /several batches/],
    ['publish', { payload: 'x'.repeat(2 * 1024 * 1024) }, /reference/],
  ])(
    'a body of %s that is too large gets a hint that fits the call',
    async (call, body, pattern) => {
      const { hint } = errorOf(await client.post(call, body), 'PAYLOAD_TOO_LARGE');
      expect(hint).toMatch(pattern);
    },
  );
});

describe.each(STORE_FACTORIES)(
  'a change of the secret of a push subscription on $name',
  (factory) => {
    const { client, clock } = usePushes(factory);
    const subscribe = (queue: string, word: string, more: object = {}) =>
      client.subscribe(queue, {
        url: 'https://receiver.example/hook',
        secret: secretOf(word),
        ...more,
      });

    test('drops the oldest secret within a day, with a warning until when it would have signed', async () => {
      const queue = await client.newQueue();
      expectNoWarnings(await subscribe(queue, 'one'));
      const changedAtMs = clock.nowMs();
      expectNoWarnings(await subscribe(queue, 'two'));
      // Sending the same secret again is no change.
      expectNoWarnings(await subscribe(queue, 'two', { max_in_flight: 3 }));
      clock.advance(DAY_MS - 1_000);
      const more = { idempotency_key: 'third' };
      const third = await subscribe(queue, 'three', more);
      const [warning, ...others] = warningsOf(third);
      expect(others).toEqual([]);
      expect(warning?.path).toBe('/secret');
      const until = /until (\S+)$/.exec(warning?.message ?? '')?.[1] ?? '';
      expect(Math.abs(Date.parse(until) - (changedAtMs + DAY_MS))).toBeLessThan(1_000);
      expect(third.text).not.toContain('the secret number');
      const again = await subscribe(queue, 'three', more);
      expect(replayOf(again)).toEqual(dataOf(third));
      expect(warningsOf(again)).toEqual([warning]);
    });

    test('drops no secret a day after the last change', async () => {
      const queue = await client.newQueue();
      await subscribe(queue, 'one');
      await subscribe(queue, 'two');
      clock.advance(DAY_MS + 1_000);
      expectNoWarnings(await subscribe(queue, 'three'));
    });

    test('is warned about before unknown fields, with ten warnings in all', async () => {
      const queue = await client.newQueue();
      await subscribe(queue, 'one');
      await subscribe(queue, 'two');
      const unknown = Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [`x${index}`, 1]),
      );
      const warnings = warningsOf(await subscribe(queue, 'three', unknown));
      expect(warnings).toHaveLength(10);
      expect(warnings[0]?.path).toBe('/secret');
    });
  },
);
