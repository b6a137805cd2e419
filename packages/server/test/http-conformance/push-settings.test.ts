import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf, errorOf, expectRefusedField } from './expect-answer.js';
import { usePushes } from './use-pushes.js';

const URL = 'https://receiver.example/hook';

describe.each(STORE_FACTORIES)('networks that an operator denies on $name', (factory) => {
  const denied = [
    '--push-allow',
    '127.0.0.0/8',
    '--push-deny',
    '127.0.0.1',
    '--push-deny=8.8.8.0/24',
  ];
  const { client, running, receiver } = usePushes(factory);

  test('are refused at subscription, and at the push of one from before', async () => {
    const hook = await receiver();
    const queue = await client.newQueue({ max_retries: 0 });
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    await running.restart(denied);
    for (const url of [hook.url, 'https://8.8.8.8/', 'https://[::ffff:808:808]/']) {
      const { message, hint } = errorOf(await client.subscribe(queue, { url }), 'URL_NOT_ALLOWED');
      expect(message).toContain('--push-deny');
      expect(hint).not.toContain('--push-allow');
    }
    await client.subscribed(queue, 'https://127.0.0.2/');
    await client.unsubscribe(queue, (await client.subscriptions(queue))[1].subscription_id);
    await client.publish(queue);
    await expect
      .poll(() => client.deliveries(queue, id))
      .toMatchObject([{ error: 'url not allowed' }]);
    expect(hook.pushes).toEqual([]);
  });
});

describe.each(STORE_FACTORIES)('what a push subscription may say on $name', (factory) => {
  const { client } = usePushes(factory);

  test.each([
    ['no url', 'receiver'],
    ['a path alone', '/hook'],
    ['a fragment', 'https://receiver.example/#x'],
    ['no host', 'https:///hook'],
    ['a line break', 'https://receiver.example/\nx'],
    ['a space in the host', 'https://receiver .example/'],
    ['a port that does not exist', 'https://receiver.example:99999/'],
  ])('a url that is malformed is 400: %s', async (_what, url) => {
    const queue = await client.newQueue();
    expectRefusedField(await client.subscribe(queue, { url }), 'url', url);
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test.each([
    ['another scheme', 'ftp://receiver.example/'],
    ['a script', 'javascript:alert(1)'],
    ['a user name and a password', 'https://a:b@receiver.example/'],
    ['plain http to a public address', 'http://8.8.8.8/'],
    ['localhost', 'https://localhost/'],
    ['a name below localhost', 'https://a.localhost/'],
    ['another address of loopback', 'https://127.0.0.2/'],
    ['loopback in short', 'https://127.2/'],
    ['loopback as a number', 'https://2130706434/'],
    ['a private address', 'https://10.0.0.1/'],
    ['the address of cloud metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['all addresses', 'https://0.0.0.0/'],
    ['loopback of IPv6', 'https://[::1]/'],
    ['loopback of IPv4 inside of IPv6', 'https://[::ffff:127.0.0.2]/'],
    ['a link-local address', 'https://[fe80::1]/'],
  ])('a url that pushes may not go to is 422: %s', async (_what, url) => {
    const queue = await client.newQueue();
    const { details } = errorOf(await client.subscribe(queue, { url }), 'URL_NOT_ALLOWED', url);
    expect(details[0].path).toBe('/url');
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test('plain http is allowed to a network that is named', async () => {
    const queue = await client.newQueue();
    await client.subscribed(queue, 'http://127.0.0.1:9/hook');
  });

  test('a url of 2,048 characters is taken, a longer one is not', async () => {
    const queue = await client.newQueue();
    const longest = URL.padEnd(2_048, 'x');
    expect((await client.subscribed(queue, longest)).url).toBe(longest);
    expectRefusedField(await client.subscribe(queue, { url: `${longest}x` }), 'url');
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(513)],
    ['beyond ASCII', 'sécret'],
    ['a line break', 'a\nb'],
    ['no base64 behind the prefix', 'whsec_***'],
    ['nothing behind the prefix', 'whsec_'],
    ['base64 for urls behind the prefix', 'whsec_-_-_'],
    ['fifteen bytes', 'fifteen bytes..'],
    ['fifteen bytes behind the prefix', 'whsec_Zmlmdy1ieXRlcy1sb25n'],
  ])('a secret that is refused, without being shown: %s', async (_what, secret) => {
    const queue = await client.newQueue();
    const answer = await client.subscribe(queue, { url: URL, secret });
    expectRefusedField(answer, 'secret');
    if (secret.length > 6) expect(answer.text).not.toContain(secret);
  });

  test.each([
    'sixteen bytes...',
    'x'.repeat(512),
    'with spaces and ~',
    'whsec_c2l4dGVlbiBieXRlcy4uLg==',
  ])('a secret that is taken: %s', async (secret) => {
    const queue = await client.newQueue();
    expect((await client.subscribed(queue, URL, { secret })).signed).toBe(true);
  });

  test.each([
    ['host', 'x'],
    ['Content-Length', '5'],
    ['transfer-encoding', 'chunked'],
    ['connection', 'close'],
    ['Proxy-Authorization', 'Basic x'],
    ['webhook-id', 'x'],
    ['Webhook-Signature', 'x'],
    ['x-infrai-signature', 'x'],
    ['X-Millrace-Queue', 'x'],
    ['x-millrace-anything', 'x'],
    ['content-type', 'text/plain'],
    ['a b', 'x'],
    ['', 'x'],
    ['a/b~c', 'x'],
    ['x-a', 'line\r\nbreak: 1'],
    ['x-a', 'ä'],
  ])('a header that a delivery sets itself or that HTTP cannot carry: %s', async (name, value) => {
    const queue = await client.newQueue();
    const answer = await client.subscribe(queue, { url: URL, headers: { [name]: value } });
    const { details } = errorOf(answer, 'INVALID_REQUEST');
    expect(details[0].path).toBe(`/headers/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`);
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test('names of headers that messages may set are lower-cased; null and an empty list clear', async () => {
    const queue = await client.newQueue();
    const allowed = ['Authorization', 'x-forwarded-for', 'AUTHORIZATION'];
    const first = await client.subscribed(queue, URL, { allowed_message_headers: allowed });
    expect(first.allowed_message_headers).toEqual(['authorization', 'x-forwarded-for']);
    expect(await client.subscribed(queue, URL, { max_retries: 1 })).toMatchObject({
      allowed_message_headers: first.allowed_message_headers,
    });
    for (const cleared of [null, []]) {
      await client.subscribed(queue, URL, { allowed_message_headers: ['cookie'] });
      const record = await client.subscribed(queue, URL, { allowed_message_headers: cleared });
      expect(record).not.toHaveProperty('allowed_message_headers');
    }
  });

  test.each([
    ['no list', 'cookie', ''],
    ['no name', ['a b'], '/0'],
    ['an empty name', ['cookie', ''], '/1'],
    ['no text', [7], '/0'],
    ['a header that a delivery sets itself', ['cookie', 'Host'], '/1'],
    ['a prefix of ours', ['webhook-id'], '/0'],
    ['too many', Array.from({ length: 21 }, (_, n) => `x-${n}`), ''],
  ])('allowed_message_headers that are refused: %s', async (_what, allowed, where) => {
    const queue = await client.newQueue();
    const settings = { url: URL, allowed_message_headers: allowed };
    const { details } = errorOf(await client.subscribe(queue, settings), 'INVALID_REQUEST');
    expect(details[0].path).toBe(`/allowed_message_headers${where}`);
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test('headers of 8 KiB are taken, a byte more is not', async () => {
    const queue = await client.newQueue();
    const frame = JSON.stringify({ a: '', b: '' }).length;
    const headers = { a: 'x'.repeat(4_000), b: 'x'.repeat(8_192 - frame - 4_000) };
    const record = await client.subscribed(queue, URL, { headers });
    expect(record.headers).toEqual({ a: '***', b: '***' });
    const more = { ...headers, b: `${headers.b}x` };
    expectRefusedField(await client.subscribe(queue, { url: URL, headers: more }), 'headers');
  });

  test('a content type goes with the format payload only', async () => {
    const queue = await client.newQueue();
    const headers = { 'content-type': 'text/csv' };
    await client.subscribed(queue, URL, { format: 'payload', headers });
    // As much as in one call: what holds is format and headers together.
    const answer = await client.subscribe(queue, { url: URL, format: 'message', headers });
    errorOf(answer, 'INVALID_REQUEST');
  });

  test('a content type that was set for payloads may be set again without naming the format', async () => {
    const queue = await client.newQueue();
    const headers = { 'content-type': 'text/csv' };
    await client.subscribed(queue, URL, { format: 'payload', headers });
    const again = { url: URL, headers: { ...headers, 'x-more': '1' } };
    const names = ['content-type', 'x-more'];
    expect(Object.keys(dataOf(await client.subscribe(queue, again)).headers)).toEqual(names);
  });

  test.each([
    ['max_retries', [0, 1_000]],
    ['visibility_timeout', [1, 43_200]],
    ['max_in_flight', [1, 1_000]],
  ] as const)('%s takes its bounds', async (name, bounds) => {
    const queue = await client.newQueue();
    for (const bound of bounds) {
      expect((await client.subscribed(queue, URL, { [name]: bound }))[name]).toBe(bound);
    }
  });
});
