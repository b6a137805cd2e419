import { describe, expect, it } from 'vitest';
import { parseNetworks, withoutNetworks } from './networks.js';
import { checkUrl } from './push-url.js';

const NONE = parseNetworks([]);
const NAMED = parseNetworks(['10.1.0.0/16', 'fd00::/8']);

const checked = (text: string, networks = NONE): string => {
  const verdict = checkUrl(text, networks);
  return verdict.verdict === 'ok' ? `ok ${verdict.url.href}` : `${verdict.verdict} ${verdict.rule}`;
};

const NOT_PUBLIC = 'forbidden must not lead to an address that is not public';
const LOCALHOST = 'forbidden must not lead to localhost';
const HTTPS = 'forbidden must begin with https://';
const UNSAFE = 'invalid must have no white space, control characters or backslashes';
const HOST_NAME = 'invalid must have a valid host name';
const NO_URL = 'invalid must be an absolute url';
const NO_HOST = 'invalid must have a host after two slashes';

const REFUSED: Record<string, readonly string[]> = {
  [`${NOT_PUBLIC} (loopback)`]: [
    ...['https://127.0.0.1', 'https://127.0.0.1:8443/x', 'https://127.0.0.1./', 'https://127.1'],
    ...['https://127.0.1', 'https://2130706433', 'https://0x7f000001', 'https://017700000001'],
    ...['https://0x7f.1', 'https://0177.1', 'https://0177.0.0.01', 'https://0x7f.0x0.0x0.0x1'],
    ...['https://127.0.0.0x1', 'https://00000177.0.0.1', 'https://127.0.0.1.:80', 'https://0X7F.1'],
    ...['https://%31%32%37.0.0.1', 'https://127%2e0%2e0%2e1', 'https://%30x7f.1'],
    ...[
      'https://１２７.0.0.1',
      'https://１２７．０．０．１',
      'https://127。0。0。1',
      'https://127｡1',
    ],
    ...[
      'https://①②⑦.⓪.⓪.①',
      'https://𝟏𝟐𝟕.0.0.1',
      'https://２１３０７０６４３３',
      'https://12­7.0.0.1',
    ],
    ...['https://[::1]', 'https://[0:0:0:0:0:0:0:1]:443', 'https://[::ffff:127.0.0.1]'],
    ...['https://[::ffff:7f00:1]/', 'https://[0::FFFF:127.0.0.1]', 'HTTPS://127.0.0.1'],
  ],
  [`${NOT_PUBLIC} (link-local)`]: [
    ...['https://169.254.169.254/latest/meta-data/', 'https://0xa9fea9fe', 'https://2852039166'],
    ...['https://169.254.43518', 'https://0251.0376.0251.0376', 'https://[::ffff:a9fe:a9fe]'],
    ...['https://[fe80::1]', 'https://[::ffff:169.254.169.254]'],
  ],
  [`${NOT_PUBLIC} (private)`]: [
    ...['https://10.0.0.1', 'https://10.1', 'https://0xa.1', 'https://012.1', 'https://167772161'],
    ...['https://172.16.0.1', 'https://192.168.0.1', 'https://192.168.257', 'https://3232235777'],
    ...['https://[fd00:ec2::254]', 'https://[fc00::1]', 'https://[::ffff:192.168.0.1]'],
  ],
  [`${NOT_PUBLIC} (this network)`]: ['https://0', 'https://0.0.0.0', 'https://0x0', 'https://0.'],
  [`${NOT_PUBLIC} (broadcast)`]: ['https://255.255.255.255', 'https://4294967295'],
  [`${NOT_PUBLIC} (multicast)`]: ['https://224.0.0.1', 'https://[ff02::1]'],
  [`${NOT_PUBLIC} (shared by a carrier)`]: ['https://100.100.100.200', 'https://100.6579400'],
  [`${NOT_PUBLIC} (unspecified)`]: ['https://[::]', 'https://[0::0]'],
  [`${NOT_PUBLIC} (IPv4-compatible)`]: ['https://[::127.0.0.1]', 'https://[::a9fe:a9fe]'],
  [`${NOT_PUBLIC} (6to4)`]: ['https://[2002:7f00:1::]', 'https://[2002:a9fe:a9fe::]'],
  [`${NOT_PUBLIC} (Teredo)`]: ['https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]'],
  [`${NOT_PUBLIC} (loopback inside)`]: [
    'https://[64:ff9b::127.0.0.1]',
    'https://[64:ff9b::7f00:1]',
  ],
  [`${NOT_PUBLIC} (translation inside a network)`]: ['https://[64:ff9b:1::7f00:1]'],
  [LOCALHOST]: [
    ...['https://localhost', 'https://localhost:8443/', 'https://LOCALHOST', 'https://LocalHost.'],
    ...[
      'https://localhost./x',
      'https://a.localhost',
      'https://a.b.localhost.',
      'https://%6cocalhost',
    ],
    ...[
      'https://ｌｏｃａｌｈｏｓｔ',
      'https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
      'https://local­host',
      'https://localhoſt',
    ],
    ...['https://127.0.0.1.localhost', 'https://a。localhost', 'https://𝓁ocalhost'],
  ],
  [HTTPS]: [
    ...['http://example.com', 'http://8.8.8.8/', 'HTTP://example.com', 'http://[2606:4700::1111]'],
    ...['ftp://example.com/x', 'file:///etc/passwd', 'gopher://example.com', 'ws://example.com'],
    ...['wss://example.com', 'javascript:alert(1)', 'data:text/plain,x', 'mailto:a@example.com'],
    ...['unix:/var/run/docker.sock', 'blob:https://example.com/x', 'about:blank', 'dict://a:1/x'],
  ],
  'forbidden must not contain a user name or password': [
    ...['https://user@example.com', 'https://user:secret@example.com', 'https://:x@example.com'],
    ...['https://@example.com', 'https://:@example.com', 'https://example.com@127.0.0.1/'],
    ...['https://example.com:443@10.0.0.1', 'https://a@b@example.com', 'https://%40@example.com'],
    'http://user@example.com',
  ],
  'invalid must not have a fragment': [
    'https://example.com/#',
    'https://example.com/a#b',
    'https://a.b?c#',
  ],
  'invalid must not have the port 0': ['https://example.com:0', 'https://1.1.1.1:00000/'],
  [UNSAFE]: [
    ...[
      ' https://example.com',
      'https://example.com ',
      'https://exam ple.com',
      'https://a.com/b c',
    ],
    ...[
      'https://exa\tmple.com',
      'https://example.com\n',
      'ht\ntps://example.com',
      '\0https://a.com',
    ],
    ...[
      'https://example.com/\r\nX-Evil: 1',
      'https:\\\\example.com',
      'https://example.com\\@a.com',
    ],
    ...[
      'https://a.com/\u007f',
      'https://a.com/\u00a0',
      'https://a.com/\u2028',
      '\ufeffhttps://a.com',
    ],
    ...[
      'https://a.com/\ud800',
      'https://\udfff.com',
      'https://a.com/\u0085',
      'https://a.com/\u3000',
    ],
  ],
  [NO_URL]: [
    ...['example.com', '/path', '//example.com/x', 'https://', 'https:', 'https:///', 'https://?x'],
    ...[
      'not-a-url',
      'https://[::1',
      'https://[::g]',
      'https://[fe80::1%25eth0]',
      'https://[1.2.3.4]',
    ],
    ...[
      'https://example.com:65536',
      'https://example.com:x',
      'https://256.1.1.1',
      'https://1.2.3.4.5',
    ],
    ...['https://0x100000000', 'https://127.0.0.1.256', 'https://a%00b.com', 'https://a<b.com'],
    ...[
      'https://exa%mple.com',
      'https://a|b.com',
      'https://a^b.com',
      'https://xn--/',
      'https://%zz',
    ],
    ...['https://4294967296', 'https://09.0.0.1', 'https://foo.0x'.concat('g.1'), 'https://#'],
  ],
  [NO_HOST]: [
    ...['https:example.com', 'https:/example.com', 'https:///example.com', 'https:////127.0.0.1'],
    'http:127.0.0.1',
  ],
  [HOST_NAME]: [
    ...[
      'https://a..b.com',
      'https://.example.com',
      'https://example.com..',
      'https://.',
      'https://..',
    ],
    ...[
      'https://a;b.com',
      'https://a,b.com',
      "https://a'b.com",
      'https://a$b.com',
      'https://a*.com',
    ],
    ...['https://(a).com', 'https://a=b', 'https://a&b.com', 'https://a~b.com', 'https://a!b.com'],
    ...[`https://${'a'.repeat(64)}.com`, `https://${'abcdefgh.'.repeat(30)}com`],
  ],
  'invalid must have 1 to 2048 characters': ['', `https://a.com/${'x'.repeat(2_035)}`],
  'invalid must have at most 2048 characters when it is encoded': [
    `https://a.com/${'é'.repeat(400)}`,
  ],
};

describe('checkUrl', () => {
  it.each(Object.entries(REFUSED).flatMap(([rule, list]) => list.map((text) => [text, rule])))(
    'refuses %j: %s',
    (text, rule) => {
      expect(checked(text)).toContain(rule);
    },
  );

  it('is tested with at least 150 different refused urls', () => {
    const list = Object.values(REFUSED).flat();
    expect([new Set(list).size, list.length >= 150]).toEqual([list.length, true]);
  });

  it.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://Example.COM:443/Hook', 'https://example.com/Hook'],
    ['https://example.com./hook', 'https://example.com./hook'],
    ['https://example.com:8443/a/b?c=d&e=%20f', 'https://example.com:8443/a/b?c=d&e=%20f'],
    ['https://a_b.example.com', 'https://a_b.example.com/'],
    ['https://intranet/hook', 'https://intranet/hook'],
    ['https://metadata.google.internal', 'https://metadata.google.internal/'],
    ['https://localhost.example.com', 'https://localhost.example.com/'],
    ['https://notlocalhost', 'https://notlocalhost/'],
    ['https://127.0.0.1.nip.io', 'https://127.0.0.1.nip.io/'],
    ['https://bücher.example/käse', 'https://xn--bcher-kva.example/k%C3%A4se'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://0x08080808', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]:443/', 'https://[2606:4700:4700::1111]/'],
    ['https://[64:ff9b::8.8.8.8]', 'https://[64:ff9b::808:808]/'],
    [`https://a.com/${'x'.repeat(2_034)}`, `https://a.com/${'x'.repeat(2_034)}`],
    ['https://example.com/@x?@y', 'https://example.com/@x?@y'],
  ])('allows %s', (text, href) => {
    expect(checked(text)).toBe(`ok ${href}`);
  });

  it.each([
    ['https://10.1.2.3', 'ok https://10.1.2.3/'],
    ['http://10.1.2.3:8080/x', 'ok http://10.1.2.3:8080/x'],
    ['http://0xa.1.515', 'ok http://10.1.2.3/'],
    ['http://[fd00::1]', 'ok http://[fd00::1]/'],
    ['http://[::ffff:10.1.2.3]', 'ok http://[::ffff:a01:203]/'],
    // A name is checked again by its address when the connection is made.
    ['http://receiver.internal', 'ok http://receiver.internal/'],
    ['http://10.2.0.1', NOT_PUBLIC],
    ['https://10.2.0.1', NOT_PUBLIC],
    ['https://127.0.0.1', NOT_PUBLIC],
    ['http://8.8.8.8', HTTPS],
    ['http://localhost', LOCALHOST],
    ['https://localhost', LOCALHOST],
    ['http://user@10.1.2.3', 'forbidden must not contain'],
    ['ftp://10.1.2.3', HTTPS],
  ])('checks, with --push-allow, %s: %s', (text, verdict) => {
    expect(checked(text, NAMED)).toContain(verdict);
  });

  it.each([
    'https://10.1.9.9',
    'http://10.1.9.9',
    'https://[64:ff9b::10.1.9.9]',
    'https://8.8.8.8',
  ])('forbids, with --push-deny, %s, although --push-allow names it', (text) => {
    const denied = parseNetworks(['10.1.9.0/24', '8.8.8.0/24']);
    const rule = 'forbidden must not lead to a network that --push-deny names';
    expect(checked(text, withoutNetworks(NAMED, denied))).toBe(rule);
  });
});
