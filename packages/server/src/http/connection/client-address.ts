import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether requests come through a trusted proxy, which adds their origin to a header. */
    behindProxy: boolean;
  }
}

/** The address of the client. Behind a trusted proxy it is the client of the proxy. */
export function clientAddress({ server, raw }: FastifyRequest): string {
  const connected = plainAddress(raw.socket.remoteAddress ?? '');
  if (!server.behindProxy) return connected;
  // Only the last entry is from the proxy; the client may have sent those before it. Node joins
  // several lines of this header into one.
  const entry = lastEntry(String(raw.headers['x-forwarded-for'] ?? ''));
  const forwarded = plainAddress(withoutPort(entry));
  return isIP(forwarded) === 0 ? connected : forwarded;
}

/** The address without an IPv4-mapped prefix and without a zone, so that addresses can be compared. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** The key for limits by address: an IPv6 network of 64 bits commonly belongs to one customer. */
export function addressGroup(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}

const lastEntry = (list: string): string => list.slice(list.lastIndexOf(',') + 1).trim();

/** Some proxies add the port of the client, as `192.0.2.1:1234` or `[2001:db8::1]:1234`. */
const withoutPort = (entry: string): string => {
  const [, inBrackets, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? [];
  return inBrackets ?? plain ?? entry;
};
