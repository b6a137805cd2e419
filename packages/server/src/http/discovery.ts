import { discoveryList, discoveryOf } from '@millrace/protocol';
import type { FastifyInstance } from 'fastify';
import { refuse } from '../core/refusal.js';
import { sendError } from './answers/envelope.js';
import { JSON_TYPE, jsonLine } from './answers/json-line.js';
import { sendText } from './answers/send-text.js';

const FOUND = 302;

/** What calls there are, for programs: public, without an envelope, constant while the server runs. */
export function registerDiscovery(app: FastifyInstance): void {
  // Made at the first request, because most servers are never asked; all requests share its bytes.
  let list: Buffer | undefined;

  app.get('/v1/discovery', (request, reply) => {
    list ??= Buffer.from(jsonLine(discoveryList()));
    sendText(request, reply, JSON_TYPE, list);
  });

  app.get<{ Params: { id: string } }>('/v1/discovery/:id', (request, reply) => {
    const { id } = request.params;
    const detail = discoveryOf(id);
    if (detail === undefined) return sendError(request, reply, unknownCapability(id));
    sendText(request, reply, JSON_TYPE, jsonLine(detail));
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
