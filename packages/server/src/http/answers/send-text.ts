import type { FastifyReply, FastifyRequest } from 'fastify';

const SMALL_TEXT_BYTES = 64 * 1024;

/** Sends a public text. It may be long, because all requests for it share the same bytes. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  text: string | Buffer,
): void {
  textHeaders(request, reply, type, text.length);
  reply.send(text);
}

/** The headers of a public text, for one that is sent in another way. */
export function textHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  lengthBytes: number,
): void {
  // One large text per connection: for a client that does not read, the system buffers megabytes.
  if (lengthBytes > SMALL_TEXT_BYTES) reply.header('connection', 'close');
  reply
    .header('content-type', type)
    .header('x-content-type-options', 'nosniff')
    .header('x-request-id', request.trace.requestId);
}
