import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Refusal, refuse } from '../../core/refusal.js';
import { sendError } from '../answers/envelope.js';
import { type ConsoleFile, readConsoleFiles } from './console-files.js';

/** `npm run build` writes the console here. */
const FOLDER = fileURLToPath(new URL('../../console/', import.meta.url));
/** The hash in the name of an asset changes with its content. */
const FOREVER = 'public, max-age=31536000, immutable';
const LARGE_BYTES = 64 * 1024;

/** Everything comes from this server, and a payload that contains markup stays text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the web console: a page whose script makes the public calls with a key that a person enters. */
export function registerConsole(app: FastifyInstance): void {
  const files = readConsoleFiles(FOLDER);
  const page = files?.get('index.html');

  const sendPage = (request: FastifyRequest, reply: FastifyReply): void => {
    if (page === undefined) return sendError(request, reply, notBuilt());
    reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('referrer-policy', 'no-referrer');
    sendFile(request, reply, { file: page, cacheControl: 'no-cache', missing: notBuilt });
  };

  app.get('/console', sendPage);
  // The page itself reads the rest of the path, so that every view has an address.
  app.get('/console/*', sendPage);
  app.get<{ Params: { '*': string } }>('/console/assets/*', (request, reply) => {
    const name = request.params['*'];
    const file = files?.get(`assets/${name}`);
    const missing = () => noAsset(name);
    if (file === undefined) return sendError(request, reply, missing());
    sendFile(request, reply, { file, cacheControl: FOREVER, missing });
  });
}

interface Sent {
  readonly file: ConsoleFile;
  readonly cacheControl: string;
  readonly missing: () => Refusal;
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, cacheControl, missing }: Sent,
): void {
  const isGzipped = /\bgzip\b/.test(request.raw.headers['accept-encoding'] ?? '');
  const bytes = isGzipped ? file.gzipped() : file.bytes();
  if (bytes === undefined) return sendError(request, reply, missing());
  if (isGzipped) reply.header('content-encoding', 'gzip');
  // As for the documents: one large file per connection, because a client may not read it.
  if (bytes.length > LARGE_BYTES) reply.header('connection', 'close');
  reply
    .header('content-type', file.type)
    .header('cache-control', cacheControl)
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff')
    .header('x-request-id', request.trace.requestId)
    .send(bytes);
}

const notBuilt = () =>
  refuse('ROUTE_NOT_FOUND', 'The web console was not built.', { hint: 'Run npm run build.' });

const noAsset = (name: string) =>
  refuse('ROUTE_NOT_FOUND', `The console has no file ${name.slice(0, 200)}.`, {
    hint: 'Reload the page: the server was probably updated.',
  });
