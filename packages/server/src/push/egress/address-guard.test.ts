import { describe, expect, it } from 'vitest';
import { checkAddress } from './address-guard.js';
import { parseNetworks, withoutNetworks } from './networks.js';

const NONE = parseNetworks([]);

/** Each list contains the ends of its block, so that a prefix that is one bit off is noticed. */
const FORBIDDEN: Record<string, readonly string[]> = {
  'this network': ['0.0.0.0', '0.0.0.1', '0.255.255.255', '::ffff:0.0.0.0'],
  private: [
    ...['10.0.0.0', '10.1.2.3', '10.255.255.255'],
    ...['172.16.0.0', '172.20.1.1', '172.31.255.255'],
    ...['192.168.0.0', '192.168.1.1', '192.168.255.255'],
    ...['::ffff:10.0.0.1', '::ffff:a00:1', '::ffff:192.168.0.1', '::FFFF:172.16.0.1'],
    ...['fc00::', 'fd00::1', 'fd00:ec2::254', 'fd20:ce::254'],
    'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
  'shared by a carrier': ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  loopback: [
    ...['127.0.0.0', '127.0.0.1', '127.1.2.3', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:1'],
  ],
  'link-local': [
    ...['169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255'],
    ...['::ffff:169.254.169.254', 'fe80::', 'fe80::1', 'febf::1'],
  ],
  'protocol assignments': [
    ...['192.0.0.0', '192.0.0.8', '192.0.0.9', '192.0.0.10', '192.0.0.170', '192.0.0.192'],
    ...['192.0.0.255', '2001:1::1', '2001:1::2', '2001:1::3', '2001:2::1', '2001:3::1'],
    ...['2001:4:112::1', '2001:10::1', '2001:20::1', '2001:2f::1', '2001:30::1', '2001:1ff::1'],
  ],
  documentation: [
    ...['192.0.2.0', '192.0.2.255', '198.51.100.0', '198.51.100.255', '203.0.113.0'],
    ...['203.0.113.255', '2001:db8::', '2001:db8:ffff::1', '3fff::', '3fff:fff::1'],
  ],
  '6to4 relays': ['192.88.99.0', '192.88.99.1', '192.88.99.255'],
  benchmarking: ['198.18.0.0', '198.19.255.255'],
  multicast: ['224.0.0.0', '224.0.0.1', '239.255.255.255', 'ff00::', 'ff02::1', 'ffff::'],
  reserved: ['240.0.0.0', '250.1.1.1', '255.255.255.254'],
  broadcast: ['255.255.255.255', '::ffff:255.255.255.255'],
  'the host of an Azure machine': ['168.63.129.16', '::ffff:168.63.129.16'],
  unspecified: ['::', '0:0:0:0:0:0:0:0'],
  'IPv4-compatible': ['::2', '::7f00:1', '::127.0.0.1', '::10.0.0.1', '::8.8.8.8'],
  'loopback inside': [
    '2607:f8b0::200:5efe:7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::127.255.255.255',
  ],
  'private inside': [
    '2607:f8b0::5efe:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::192.168.0.1',
    '64:ff9b::ac10:1',
  ],
  'link-local inside': [
    '2607:f8b0::5efe:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
  ],
  'this network inside': ['64:ff9b::', '64:ff9b::1'],
  'translation inside a network': [
    ...['64:ff9b:1::', '64:ff9b:1::8.8.8.8', '64:ff9b:1::7f00:1', '64:ff9b:1:7f00:0:100::'],
    '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
  ],
  discarded: ['100::', '100::1', '100::ffff:ffff:ffff:ffff'],
  Teredo: ['2001::', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:0:7f00:1::'],
  '6to4': ['2002::', '2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1', '2002:ffff::'],
  'segment routing': ['5f00::', '5f00:ffff::1'],
  'site-local': ['fec0::', 'fec0::1', 'feff::1'],
  'not global unicast': [
    ...['100:0:0:1::', '64:ff9a::1', '64:ff9b:0:0:0:1::', '64:ff9b:2::1', '200::1', '1000::1'],
    ...['1fff:ffff::1', '4000::1', '5eff::1', '5f01::1', '6000::1', 'fbff::1', 'fe00::1'],
    ...['fe7f::1', '::1:0:0', '::1:7f00:1', '::ffff:0:127.0.0.1', '8000::1', 'a000::1', 'e000::1'],
  ],
  'not a plain address': [
    ...['', 'localhost', 'example.com', '127.1', '127.0.0.1.', '0177.0.0.1', '0x7f.0.0.1'],
    ...['2130706433', '[::1]', '::1%lo', 'fe80::1%eth0', '2606:4700::1111%1', '1.1.1.1 '],
    ...[' 1.1.1.1', '1.1.1.1/32', '1.1.1', '01.1.1.1', '1.1.1.256', '::ffff:1.1.1', ':::', 'g::1'],
    ...['١.1.1.1', '1.1.1.1\0', '1.1.1.1\n'],
  ],
};

const ALLOWED = [
  ...['1.0.0.0', '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '93.184.215.14'],
  ...['100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255'],
  ...['169.255.0.0', '172.15.255.255', '172.32.0.0', '168.63.129.15', '168.63.129.17'],
  ...['191.255.255.255', '192.0.1.0', '192.0.1.255', '192.0.3.0', '192.88.98.255', '192.88.100.0'],
  ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '198.51.99.255'],
  ...['198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  // The registry calls these globally reachable.
  ...['192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1'],
  ...['2000::1', '2001:200::1', '2001:4860:4860::8888', '2001:db7::1', '2001:db9::1', '2003::1'],
  ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '3ffe::1', '3fff:1000::1'],
  ...['::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8', '64:ff9b::808:808'],
];

describe('checkAddress', () => {
  it.each(
    Object.entries(FORBIDDEN).flatMap(([reason, list]) => list.map((text) => [text, reason])),
  )('refuses %j: %s', (text, reason) => {
    expect(checkAddress(text, NONE)).toEqual({ allowed: false, reason });
  });

  it.each(ALLOWED)('allows %s', (text) => {
    expect(checkAddress(text, NONE)).toEqual({ allowed: true, byName: false });
  });

  it('is tested with at least 150 forbidden addresses', () => {
    expect(new Set(Object.values(FORBIDDEN).flat()).size).toBeGreaterThanOrEqual(150);
  });

  it.each([
    ['10.1.0.0/16', '10.1.2.3'],
    ['10.1.0.0/16', '::ffff:10.1.2.3'],
    ['127.0.0.1', '127.0.0.1'],
    ['169.254.169.254', '169.254.169.254'],
    ['::1', '::1'],
    ['fd00::/8', 'fd12::1'],
    ['fe80::/10', 'fe80::1'],
    // A gateway that is named, and leads to an address that is public or also named.
    ['64:ff9b:1::/48', '64:ff9b:1::8.8.8.8'],
    ['64:ff9b:1::/48', '64:ff9b:1:808:8:800::'],
    ['64:ff9b:1::/48,10.1.0.0/16', '64:ff9b:1::10.1.2.3'],
    ['64:ff9b::/96,10.1.0.0/16', '64:ff9b::10.1.2.3'],
    ['2002::/16', '2002:808:808::1'],
    ['2002::/16,10.1.0.0/16', '2002:a01:203::1'],
    ['8.8.8.0/24', '8.8.8.8'],
  ])('allows by name with --push-allow %s: %s', (list, text) => {
    expect(checkAddress(text, parseNetworks(list.split(',')))).toEqual({
      allowed: true,
      byName: true,
    });
  });

  it.each([
    ['10.1.0.0/16', '10.0.255.255', 'private'],
    ['10.1.0.0/16', '10.2.0.0', 'private'],
    ['10.1.0.0/16', '127.0.0.1', 'loopback'],
    ['127.0.0.1', '127.0.0.2', 'loopback'],
    ['127.0.0.1', '::1', 'loopback'],
    ['::1', '127.0.0.1', 'loopback'],
    ['::1', '::ffff:127.0.0.1', 'loopback'],
    ['127.0.0.1', '::127.0.0.1', 'IPv4-compatible'],
    ['fe80::/10', 'fe80::1%eth0', 'not a plain address'],
    ['::/0', '127.0.0.1', 'loopback'],
    // Naming an address does not name it by way of a gateway, nor the other way round.
    ['10.1.0.0/16', '64:ff9b::10.1.2.3', 'private inside'],
    ['10.1.0.0/16', '2002:a01:203::1', '6to4'],
    ['64:ff9b::/96', '64:ff9b::127.0.0.1', 'loopback inside'],
    ['64:ff9b:1::/48', '64:ff9b:1::127.0.0.1', 'loopback inside'],
    ['64:ff9b:1::/48', '64:ff9b:1:7f00:0:100::', 'loopback inside'],
    ['64:ff9b:1::/48', '64:ff9b:1:7f:0:1::', 'loopback inside'],
    ['64:ff9b:1::/48', '64:ff9b:1:0:7f:0:100:0', 'loopback inside'],
    ['64:ff9b:1::/48', '64:ff9b:1::', 'this network inside'],
    ['2002::/16', '2002:7f00:1::', 'loopback inside'],
    ['2001::/32', '2001:0:7f00:1:0:0:f7f7:f7f7', 'loopback inside'],
    ['2001::/32', '2001:0:808:808:0:0:80ff:fffe', 'loopback inside'],
    ['::/96', '::127.0.0.1', 'loopback inside'],
  ])('refuses with --push-allow %s the address %s: %s', (list, text, reason) => {
    expect(checkAddress(text, parseNetworks(list.split(',')))).toEqual({ allowed: false, reason });
  });

  it.each([
    ['8.8.8.0/24', '8.8.8.8', ''],
    ['8.8.8.0/24', '::ffff:8.8.8.8', ''],
    ['8.8.8.0/24', '64:ff9b::8.8.8.8', ' inside'],
    ['10.1.0.0/24', '10.1.0.9', ''],
    ['10.1.0.0/24', '64:ff9b::10.1.0.9', ' inside'],
    ['10.1.0.0/24', '2002:a01:9::1', ' inside'],
    ['2606:4700::/32', '2606:4700:4700::1111', ''],
    ['64:ff9b::/96', '64:ff9b::8.8.8.8', ''],
    ['0.0.0.0/0', '1.1.1.1', ''],
    ['127.0.0.1', '127.0.0.1', ''],
  ])(
    'refuses with --push-deny %s the address %s, although --push-allow names it',
    (list, text, where) => {
      const allowed = parseNetworks([
        '10.0.0.0/8',
        '127.0.0.0/8',
        '64:ff9b::/96',
        '2002::/16',
        '::/0',
      ]);
      const networks = withoutNetworks(allowed, parseNetworks([list]));
      const refused = { allowed: false, reason: `named by --push-deny${where}` };
      expect(checkAddress(text, networks)).toEqual(refused);
      expect(checkAddress(text, withoutNetworks(NONE, parseNetworks([list])))).toEqual(refused);
    },
  );

  it('allows the addresses outside of --push-deny as before', () => {
    const networks = withoutNetworks(parseNetworks(['10.0.0.0/8']), parseNetworks(['10.1.0.0/16']));
    expect(checkAddress('10.2.0.0', networks)).toEqual({ allowed: true, byName: true });
    expect(checkAddress('8.8.8.8', networks)).toEqual({ allowed: true, byName: false });
    expect(networks.isEmpty).toBe(false);
  });
});
