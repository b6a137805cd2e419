import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.js';

async function addressSeen(trusts: boolean, from: string, forwarded?: string): Promise<string> {
  const app = Fastify();
  app.decorate('behindProxy', trusts);
  app.get('/', (request, reply) => reply.send(clientAddress(request)));
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const { payload } = await app.inject({ url: '/', remoteAddress: from, headers });
  return payload;
}

describe("a client's address", () => {
  it('is that of the connection, also when a header names another', async () => {
    expect(await addressSeen(false, '192.0.2.1')).toBe('192.0.2.1');
    expect(await addressSeen(false, '192.0.2.1', '198.51.100.9')).toBe('192.0.2.1');
    expect(await addressSeen(true, '192.0.2.1')).toBe('192.0.2.1');
  });

  it('is the entry that the proxy wrote, never one that the client wrote', async () => {
    expect(await addressSeen(true, '10.0.0.1', '198.51.100.9')).toBe('198.51.100.9');
    const chosen = '203.0.113.5, 10.0.0.9, 198.51.100.9';
    expect(await addressSeen(true, '10.0.0.1', chosen)).toBe('198.51.100.9');
    expect(await addressSeen(true, '10.0.0.1', '2001:db8::1')).toBe('2001:db8::1');
  });

  it.each([
    'unknown',
    '',
    'x'.repeat(5_000),
    '1.2.3',
    '<script>',
    '198.51.100.9:x',
    '[198.51.100.9',
    '2001:db8::1]:80',
  ])('is that of the proxy when the proxy writes %j', async (entry) => {
    expect(await addressSeen(true, '10.0.0.1', `198.51.100.9, ${entry}`)).toBe('10.0.0.1');
  });

  it.each([
    ['198.51.100.9:1234', '198.51.100.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[::ffff:198.51.100.9]:443', '198.51.100.9'],
  ])('is %s without its port and brackets', async (entry, address) => {
    expect(await addressSeen(true, '10.0.0.1', `203.0.113.5, ${entry}`)).toBe(address);
  });

  it('is the same in both forms of an IPv4 address', async () => {
    expect(await addressSeen(false, '::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(await addressSeen(true, '::1', '::FFFF:192.0.2.1')).toBe('192.0.2.1');
    expect(await addressSeen(false, '::1')).toBe('::1');
    expect(await addressSeen(false, 'fe80::1%eth0')).toBe('fe80::1');
  });
});
