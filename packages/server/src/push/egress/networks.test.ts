import { describe, expect, it } from 'vitest';
import { parseNetworks } from './networks.js';

describe('parseNetworks', () => {
  it.each([
    ['10.1.0.0/16', ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3'], ['10.0.255.255', '10.2.0.0']],
    ['10.1.2.3', ['10.1.2.3', '::ffff:a01:203'], ['10.1.2.2', '10.1.2.4']],
    ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.4']],
    ['127.0.0.0/31', ['127.0.0.0', '127.0.0.1'], ['127.0.0.2', '::1']],
    ['0.0.0.0/0', ['0.0.0.0', '8.8.8.8', '255.255.255.255'], ['::', '::8.8.8.8', '2002:808:808::']],
    ['::1', ['::1', '0:0:0:0:0:0:0:1'], ['::', '::2', '127.0.0.1']],
    ['fd00::/8', ['fd00::', 'FDFF::1'], ['fc00::1', 'fe00::']],
    ['fe80::/10', ['fe80::1', 'febf::1'], ['fe80::1%eth0', 'fec0::']],
    ['2001:db8::1/128', ['2001:db8::1'], ['2001:db8::2']],
    ['::/0', ['::1', 'ff02::1'], ['127.0.0.1', '::ffff:127.0.0.1']],
    ['::ffff:10.1.0.0/112', ['10.1.9.9', '::ffff:10.1.9.9'], ['10.2.0.0', '::10.1.9.9']],
    ['::ffff:0:0/96', ['1.2.3.4'], ['::1']],
    ['::ffff:10.1.2.3', ['10.1.2.3'], ['10.1.2.4']],
  ])('makes %s contain exactly its own addresses', (entry, inside, outside) => {
    const networks = parseNetworks([entry]);
    for (const address of inside)
      expect([address, networks.contains(address)]).toEqual([address, true]);
    for (const address of outside) {
      expect([address, networks.contains(address)]).toEqual([address, false]);
    }
  });

  it('joins several networks, and none make an empty set', () => {
    const networks = parseNetworks(['10.0.0.0/8', 'fd00::/8']);
    expect(networks.contains('10.9.9.9') && networks.contains('fd00::1')).toBe(true);
    expect([networks.isEmpty, parseNetworks([]).isEmpty]).toEqual([false, true]);
    expect(parseNetworks([]).contains('10.0.0.1')).toBe(false);
  });

  it.each(['', 'localhost', '10.1', '0x0a.0.0.1', '010.0.0.1', '10.0.0.1%eth0', 'not an address'])(
    'makes networks that contain no invalid address: %s',
    (text) => {
      expect(parseNetworks(['0.0.0.0/0', '::/0']).contains(text)).toBe(false);
    },
  );

  it.each([
    ['', 'is not a network'],
    ['localhost', 'is not a network'],
    ['10.1/16', 'is not a network'],
    ['010.1.0.0/16', 'is not a network'],
    ['0x0a.0.0.0/8', 'is not a network'],
    ['10.0.0.0/8/8', 'is not a network'],
    ['10.0.0.0/', 'prefix must be 0 to 32'],
    ['10.0.0.0/33', 'prefix must be 0 to 32'],
    ['10.0.0.0/08', 'prefix must be 0 to 32'],
    ['10.0.0.0/-1', 'prefix must be 0 to 32'],
    ['10.0.0.0/255.0.0.0', 'prefix must be 0 to 32'],
    ['fd00::/129', 'prefix must be 0 to 128'],
    ['fe80::1%eth0/64', 'is not a network'],
    ['[fd00::]/8', 'is not a network'],
    ['10.1.2.3/16', 'write 10.1.0.0/16 for the network or 10.1.2.3 for the address'],
    ['fd00::1/8', 'write fd00::/8 for the network'],
    ['::ffff:10.1.2.3/112', 'write 10.1.0.0/16 for the network'],
    ['::ffff:0:0/95', 'the prefix of an IPv4-mapped one must be 96 or more'],
  ])('refuses %j: %s', (entry, message) => {
    expect(() => parseNetworks(['10.9.0.0/16', entry])).toThrow(message);
    expect(() => parseNetworks([entry])).toThrow(entry || 'an empty entry');
  });
});
