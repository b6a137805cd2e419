import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.js';
import { SpelledResponse } from './header-spelling.js';

/** Node itself refuses larger headers; the path of a request counts towards this limit. */
export const HEADERS_MAX_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;

/**
 * Node's server, which counts its connections and handles the requests of each one after another. A
 * client that sends many requests before it reads is served as if it had waited for each answer.
 */
export function createHttpServer(
  handle: RequestListener,
  connections: Connections,
  answerError: (error: { readonly code?: string }, socket: Socket) => void,
): Server {
  const server = createServer(
    {
      ServerResponse: SpelledResponse,
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // A body has no time limit: `Connections` closes those that are too slow.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Node would refuse a missing Host without a body; the app answers with one.
      requireHostHeader: false,
    },
    (request, response) => {
      const { socket } = request;
      if (!connections.callBegins(socket, response, () => handle(request, response))) return;
      response.once('close', () => connections.callEnds(socket));
    },
  );
  server.on('connection', (socket: Socket) => connections.opened(socket));
  // An expectation other than 100-continue does not change the answer.
  server.on('checkExpectation', (request, response) => {
    server.emit('request', request, response);
  });
  server.on('connect', (_request, socket: Socket) => {
    answerError({ code: 'HPE_INVALID_METHOD' }, socket);
  });
  return server;
}
