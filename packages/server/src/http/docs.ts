import { discoveryList, discoveryOf, openApiDocument } from '@millrace/protocol';
import type { FastifyInstance } from 'fastify';
import { refuse } from '../core/refusal.js';
import { sendError } from './envelope.js';
import { JSON_TYPE, jsonLine } from './json-line.js';
import { sendText } from './send-text.js';

const FOUND = 302;

/**
 * Makes a text at the first request for it, because most servers are never asked. All requests share
 * the same bytes, so that many clients that ask and do not read take no more memory.
 */
function onDemand(make: () => string): () => Buffer {
  let bytes: Buffer | undefined;
  return () => {
    bytes ??= Buffer.from(make());
    return bytes;
  };
}

/** The server's own documentation: public, without an envelope, and constant while the server runs. */
export function registerDocs(app: FastifyInstance): void {
  const list = onDemand(() => jsonLine(discoveryList()));
  const openApi = onDemand(() => jsonLine(openApiDocument()));

  app.get('/v1/discovery', (request, reply) => {
    sendText(request, reply, JSON_TYPE, list());
  });

  app.get<{ Params: { id: string } }>('/v1/discovery/:id', (request, reply) => {
    const { id } = request.params;
    const detail = discoveryOf(id);
    if (detail === undefined) return sendError(request, reply, unknownCapability(id));
    sendText(request, reply, JSON_TYPE, jsonLine(detail));
  });

  app.get('/openapi.json', (request, reply) => {
    // Tools in a browser read it from pages of other origins.
    reply.header('access-control-allow-origin', '*');
    sendText(request, reply, JSON_TYPE, openApi());
  });

  app.get('/', (request, reply) => {
    reply.header('location', '/console').code(FOUND);
    const text = 'The console is at /console, the reference at /docs\n';
    sendText(request, reply, 'text/plain; charset=utf-8', text);
  });
}

const unknownCapability = (id: string) =>
  refuse('ROUTE_NOT_FOUND', `There is no capability "${id.slice(0, 200)}".`, {
    hint: 'List the ids with GET /v1/discovery.',
  });
