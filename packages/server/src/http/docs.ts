import { createHash } from 'node:crypto';
import { discoveryList, discoveryOf, openApiDocument } from '@millrace/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../core/refusal.js';
import { docsPage } from './docs-page/page.js';
import { STYLE } from './docs-page/style.js';
import { sendError } from './envelope.js';
import { JSON_TYPE, jsonLine } from './json-line.js';

const SMALL_TEXT_BYTES = 64 * 1024;
const FOUND = 302;
const HTML_TYPE = 'text/html; charset=utf-8';

/** The page has no script and loads nothing, so only its own style is allowed. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

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
  const page = onDemand(docsPage);

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

  app.get('/docs', (request, reply) => {
    reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('referrer-policy', 'no-referrer');
    sendText(request, reply, HTML_TYPE, page());
  });
}

function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  text: string | Buffer,
): void {
  // One large text per connection: for a client that does not read, the system buffers megabytes.
  if (text.length > SMALL_TEXT_BYTES) reply.header('connection', 'close');
  reply
    .header('content-type', type)
    .header('x-content-type-options', 'nosniff')
    .header('x-request-id', request.trace.requestId)
    .send(text);
}

const unknownCapability = (id: string) =>
  refuse('ROUTE_NOT_FOUND', `There is no capability "${id.slice(0, 200)}".`, {
    hint: 'List the ids with GET /v1/discovery.',
  });
