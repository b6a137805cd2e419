import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

export const isIPv4 = (address: Address): address is ipaddr.IPv4 => address.kind() === 'ipv4';

/**
 * An address as the kernel would connect to it: an IPv4-mapped one is the IPv4 address inside.
 * Undefined for anything but a plain literal. Node decides what one is, because ipaddr.js also reads
 * octal and shortened forms; an address with a zone names a link of this machine and is none here.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  return ipaddr.process(text);
}

/** Whether two texts name one address, however they spell it. */
export function isSameAddress(one: string, other: string): boolean {
  const address = parseAddress(one);
  return address !== undefined && address.toString() === parseAddress(other)?.toString();
}
