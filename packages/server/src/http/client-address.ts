import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/**
 * Where a request comes from: the other end of its connection, or with `--trust-proxy` the address
 * that the proxy wrote last into X-Forwarded-For. What stands before that is the client's own word.
 */
export const clientAddress = (request: FastifyRequest): string => plainAddress(request.ip);

/** An IPv4 address that an IPv6 socket shows is the same address. */
export const plainAddress = (address: string | undefined): string =>
  (address ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/** What limits count by: an IPv6 network of 64 bits is commonly one customer's. */
export function addressGroup(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address.slice(0, 64);
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}
