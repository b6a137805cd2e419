import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';
import { usePushes } from './use-pushes.js';

const URL = 'https://receiver.example/hook';

describe.each(STORE_FACTORIES)('networks denied with --push-deny on $name', (factory) => {
  const denied = [
    '--push-allow',
    '127.0.0.0/8',
    '--push-deny',
    '127.0.0.1',
    '--push-deny=8.8.8.0/24',
  ];
  const { client, running, receiver } = usePushes(factory);

  test('are refused for new subscriptions, and for pushes of existing ones', async () => {
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

describe.each(STORE_FACTORIES)('the settings of a push subscription on $name', (factory) => {
  const { client } = usePushes(factory);

  test.each([
    ['text without a scheme', 'receiver'],
    ['a path alone', '/hook'],
    ['a url with a fragment', 'https://receiver.example/#x'],
    ['a url without a host', 'https:///hook'],
    ['a url with a line break', 'https://receiver.example/\nx'],
    ['a url with a space in the host', 'https://receiver .example/'],
    ['a url with an impossible port', 'https://receiver.example:99999/'],
  ])('are refused with 400 if the url is malformed: %s', async (_what, url) => {
    const queue = await client.newQueue();
    expectRefusedField(await client.subscribe(queue, { url }), 'url', url);
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test.each([
    ['another scheme', 'ftp://receiver.example/'],
    ['the scheme of a script', 'javascript:alert(1)'],
    ['a user name and a password', 'https://a:b@receiver.example/'],
    ['plain http to a public address', 'http://8.8.8.8/'],
    ['localhost', 'https://localhost/'],
    ['a name under localhost', 'https://a.localhost/'],
    ['another loopback address', 'https://127.0.0.2/'],
    ['a shortened loopback address', 'https://127.2/'],
    ['a loopback address as a number', 'https://2130706434/'],
    ['a private address', 'https://10.0.0.1/'],
    ['the address of cloud metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['all addresses', 'https://0.0.0.0/'],
    ['the loopback address of IPv6', 'https://[::1]/'],
    ['a loopback address of IPv4 inside IPv6', 'https://[::ffff:127.0.0.2]/'],
    ['a link-local address', 'https://[fe80::1]/'],
  ])('are refused with 422 if pushes may not go to the url: %s', async (_what, url) => {
    const queue = await client.newQueue();
    const { details } = errorOf(await client.subscribe(queue, { url }), 'URL_NOT_ALLOWED', url);
    expect(details[0].path).toBe('/url');
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test('may have a plain http url in a network that --push-allow names', async () => {
    const queue = await client.newQueue();
    await client.subscribed(queue, 'http://127.0.0.1:9/hook');
  });

  test('may have a url of 2,048 characters, but no longer one', async () => {
    const queue = await client.newQueue();
    const longest = URL.padEnd(2_048, 'x');
    expect((await client.subscribed(queue, longest)).url).toBe(longest);
    expectRefusedField(await client.subscribe(queue, { url: `${longest}x` }), 'url');
  });

  test.each([
    ['an empty one', ''],
    ['one that is too long', 'x'.repeat(513)],
    ['one beyond ASCII', 'sécret'],
    ['one with a line break', 'a\nb'],
    ['one without base64 after the prefix', 'whsec_***'],
    ['one with nothing after the prefix', 'whsec_'],
    ['one with base64url after the prefix', 'whsec_-_-_'],
    ['one of fifteen bytes', 'fifteen bytes..'],
    ['one with fifteen bytes after the prefix', 'whsec_Zmlmdy1ieXRlcy1sb25n'],
  ])('are refused for an invalid secret, which is not shown: %s', async (_what, secret) => {
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
  ])('may have the secret %s', async (secret) => {
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
  ])(
    'may not have the header "%s", which a delivery sets itself or HTTP cannot carry',
    async (name, value) => {
      const queue = await client.newQueue();
      const answer = await client.subscribe(queue, { url: URL, headers: { [name]: value } });
      const { details } = errorOf(answer, 'INVALID_REQUEST');
      expect(details[0].path).toBe(`/headers/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`);
      expect(await client.subscriptions(queue)).toEqual([]);
    },
  );

  test('show allowed_message_headers in lower case, and clear them with null or an empty list', async () => {
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
    ['a text', 'cookie', ''],
    ['an invalid name', ['a b'], '/0'],
    ['an empty name', ['cookie', ''], '/1'],
    ['a number', [7], '/0'],
    ['a header that a delivery sets itself', ['cookie', 'Host'], '/1'],
    ['a header with a reserved prefix', ['webhook-id'], '/0'],
    ['too many names', Array.from({ length: 21 }, (_, n) => `x-${n}`), ''],
  ])('are refused for invalid allowed_message_headers: %s', async (_what, allowed, where) => {
    const queue = await client.newQueue();
    const settings = { url: URL, allowed_message_headers: allowed };
    const { details } = errorOf(await client.subscribe(queue, settings), 'INVALID_REQUEST');
    expect(details[0].path).toBe(`/allowed_message_headers${where}`);
    expect(await client.subscriptions(queue)).toEqual([]);
  });

  test('may have headers of 8 KiB, but not one byte more', async () => {
    const queue = await client.newQueue();
    const frame = JSON.stringify({ a: '', b: '' }).length;
    const headers = { a: 'x'.repeat(4_000), b: 'x'.repeat(8_192 - frame - 4_000) };
    const record = await client.subscribed(queue, URL, { headers });
    expect(record.headers).toEqual({ a: '***', b: '***' });
    const more = { ...headers, b: `${headers.b}x` };
    expectRefusedField(await client.subscribe(queue, { url: URL, headers: more }), 'headers');
  });

  test('may have a content type only with the format payload', async () => {
    const queue = await client.newQueue();
    const headers = { 'content-type': 'text/csv' };
    await client.subscribed(queue, URL, { format: 'payload', headers });
    // The rule applies to the format and the headers that result, whichever call set them.
    const answer = await client.subscribe(queue, { url: URL, format: 'message', headers });
    errorOf(answer, 'INVALID_REQUEST');
  });

  test('may repeat a content type for the format payload without naming the format', async () => {
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
  ] as const)('accept %s at both of its bounds', async (name, bounds) => {
    const queue = await client.newQueue();
    for (const bound of bounds) {
      expect((await client.subscribed(queue, URL, { [name]: bound }))[name]).toBe(bound);
    }
  });
});
