import { isIP } from 'node:net';

/**
 * Whether a header Host is an IP address or localhost, with or without a port. Refusing all others
 * protects against DNS rebinding: a web page can point its own host name at this address and send
 * requests from a visitor's browser, but only with its own name as the Host.
 */
export function isPlainHost(host: string): boolean {
  const [, ipv6, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host) ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6;
  return isIP(name) === 4 || name.toLowerCase() === 'localhost';
}
