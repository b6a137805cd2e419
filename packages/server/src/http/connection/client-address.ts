import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether requests come by way of a proxy that says where they come from. */
    behindProxy: boolean;
  }
}

/** Where a request comes from. Behind a proxy that is trusted, that is where the proxy's does. */
export function clientAddress({ server, raw }: FastifyRequest): string {
  const connected = plainAddress(raw.socket.remoteAddress ?? '');
  if (!server.behindProxy) return connected;
  // Only the last entry is the proxy's own; those before it are whatever the client has sent. Node
  // joins the lines of this header.
  const forwarded = plainAddress(lastEntry(String(raw.headers['x-forwarded-for'] ?? '')));
  return isIP(forwarded) === 0 ? connected : forwarded;
}

/** An IPv4 address is the same however the system writes it; the zone of an address means nothing. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** What limits count by: an IPv6 network of 64 bits is commonly one customer's. */
export function addressGroup(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}

const lastEntry = (list: string): string => list.slice(list.lastIndexOf(',') + 1).trim();
