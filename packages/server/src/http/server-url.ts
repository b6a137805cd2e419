import type { FastifyRequest } from 'fastify';

/** A name or an address with an optional port. Anything else could not be shown safely in a command. */
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** The address of this server as the client of the request knows it, without a slash at its end. */
export function serverUrl({ server, raw }: FastifyRequest): string {
  const { host = '', 'x-forwarded-proto': forwarded = '' } = raw.headers;
  const { localAddress = '', localPort } = raw.socket;
  // Like the address of the client, the scheme is believed only from a trusted proxy, which adds it last.
  const isHttps = server.behindProxy && /(^|,)\s*https$/i.test(String(forwarded));
  const own = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  return `${isHttps ? 'https' : 'http'}://${HOST.test(host) ? host : `${own}:${localPort}`}`;
}
