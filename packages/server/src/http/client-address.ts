import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Whom to trust with X-Forwarded-For: the machine that is connected, and nobody it names. So what
 * counts is the last entry, which the proxy itself wrote; those before it are the client's own words.
 */
export const onlyTheProxy = (_address: string, hop: number): boolean => hop === 0;

/** Where a request comes from. Behind a proxy that is trusted, that is where the proxy's does. */
export function clientAddress(request: FastifyRequest): string {
  const address = plainAddress(request.ip ?? '');
  if (isIP(address) !== 0) return address;
  // Not what a proxy writes; the connection's own end is known in any case.
  return plainAddress(request.raw.socket.remoteAddress ?? '');
}

/** An IPv4 address is the same however the system writes it; the zone of an address means nothing. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
