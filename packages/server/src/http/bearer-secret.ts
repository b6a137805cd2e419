import type { FastifyRequest } from 'fastify';

/** No key is as long as this; a longer header is ignored. */
const HEADER_MAX_CHARS = 4_096;
const SCHEME = 'bearer ';

/**
 * The secret in the Authorization header, without the spaces around it. The header is read only once
 * from end to end, because anybody may send one.
 */
export function bearerSecret(request: FastifyRequest): string | undefined {
  const header = request.raw.headers.authorization ?? '';
  if (header.length > HEADER_MAX_CHARS) return undefined;
  if (header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  let start = SCHEME.length;
  let end = header.length;
  while (start < end && header[start] === ' ') start += 1;
  while (end > start && header[end - 1] === ' ') end -= 1;
  return start === end ? undefined : header.slice(start, end);
}
