import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

export const isIPv4 = (address: Address): address is ipaddr.IPv4 => address.kind() === 'ipv4';

/**
 * Reads a plain literal as it is written; undefined for anything else. Node decides what a literal is,
 * because ipaddr.js also reads octal and shortened forms. An address with a zone belongs to a link of
 * this machine and is not accepted.
 */
export function readLiteral(text: string): Address | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  // ipaddr.js reads ::127.0.0.1 as ::ffff:127.0.0.1, a different address, but ::7f00:1 correctly.
  return ipaddr.parse(
    text.includes(':') ? text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, inHexadecimal) : text,
  );
}

/** The address that the kernel would connect to; for an IPv4-mapped one the IPv4 address inside. */
export function parseAddress(text: string): Address | undefined {
  const address = readLiteral(text);
  return address === undefined || isIPv4(address) || !address.isIPv4MappedAddress()
    ? address
    : address.toIPv4Address();
}

/** The canonical spelling of an address, for comparing two addresses. */
export const canonicalAddress = (text: string): string | undefined =>
  parseAddress(text)?.toString();

function inHexadecimal(_: string, ...bytes: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
