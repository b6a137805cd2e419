import type { IncomingPush } from './express-receiver.js';
import {
  BODY_MAX_BYTES,
  checkReceiver,
  type PushHandler,
  type ReceiverOptions,
  receive,
} from './receive.js';

type BodyParser = (
  request: unknown,
  body: Uint8Array,
  done: (error: null, body: Uint8Array) => void,
) => void;

interface FastifyReply {
  code(status: number): FastifyReply;
  headers(values: Readonly<Record<string, string>>): FastifyReply;
  send(): unknown;
}

/** What is used of an instance of Fastify. */
export interface FastifyServer {
  addHook(
    name: 'onRequest',
    hook: (request: { headers: Record<string, unknown> }) => Promise<void>,
  ): unknown;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parser: BodyParser,
  ): unknown;
  post(
    path: string,
    handler: (
      request: { headers: IncomingPush['headers']; body: unknown },
      reply: FastifyReply,
    ) => Promise<unknown>,
  ): unknown;
}

/**
 * A plugin for Fastify that answers pushes at a path. Within it, and only there, bodies are read as bytes.
 *
 * ```
 * app.register(fastifyReceiver('/hooks', handler, { secret }));
 * ```
 */
export function fastifyReceiver<T = unknown>(
  path: string,
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): (server: FastifyServer) => Promise<void> {
  checkReceiver(options);
  return async (server) => {
    // A publisher may choose the content type of a push, and Fastify answers 415 to one that is malformed.
    server.addHook('onRequest', async ({ headers }) => {
      headers['content-type'] = 'application/octet-stream';
    });
    server.removeAllContentTypeParsers();
    const limits = { parseAs: 'buffer', bodyLimit: BODY_MAX_BYTES } as const;
    server.addContentTypeParser('*', limits, (_, body, done) => done(null, body));
    server.post(path, async (request, reply) => {
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const { status, headers } = await receive(request.headers, body, handler, options);
      return reply.code(status).headers(headers).send();
    });
  };
}
