import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.js';
import { SpelledResponse } from './header-spelling.js';

/** Beyond these, Node itself refuses; the path of a request counts as a header here. */
export const HEADERS_MAX_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 75_000;

/**
 * Node's server, with its connections counted and the requests of each taken one after the other: a
 * client that sends many before it reads is served as if it had waited for each answer.
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
      requestTimeout: BODY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Node would refuse it without a body; the app does it with one.
      requireHostHeader: false,
    },
    (request, response) => {
      const { socket } = request;
      if (!connections.callBegins(socket, response, () => handle(request, response))) return;
      response.once('close', () => connections.callEnds(socket));
    },
  );
  server.on('connection', (socket: Socket) => connections.opened(socket));
  // What a client expects beside 100-continue is nothing that an answer depends on.
  server.on('checkExpectation', (request, response) => {
    server.emit('request', request, response);
  });
  server.on('connect', (_request, socket: Socket) => {
    answerError({ code: 'HPE_INVALID_METHOD' }, socket);
  });
  return server;
}
