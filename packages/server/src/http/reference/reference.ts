import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../answers/json-line.js';
import { sendText, textHeaders } from '../answers/send-text.js';
import { serverUrl } from '../server-url.js';
import { CONTENT_SECURITY_POLICY } from './page.js';
import type { ReferenceFiles } from './reference-files.js';

const HTML_TYPE = 'text/html; charset=utf-8';
const SCRIPT_TYPE = 'text/javascript; charset=utf-8';
const FOR_GOOD = 'public, max-age=31536000, immutable';

/** The reference: the OpenAPI document, and Scalar's page over it for people. Both are public. */
export function registerReference(app: FastifyInstance): void {
  let reading: Promise<ReferenceFiles> | undefined;
  // Made at the first request for one of them, because most servers are never asked.
  const files = (): Promise<ReferenceFiles> => {
    reading ??= import('./reference-files.js')
      .then(({ readReferenceFiles }) => readReferenceFiles())
      .catch((error) => {
        reading = undefined;
        throw error;
      });
    return reading;
  };

  app.get('/openapi.json', async (request, reply) => {
    const { openApi } = await files();
    const { chunks, lengthBytes } = openApi.for(serverUrl(request));
    textHeaders(request, reply, JSON_TYPE, lengthBytes);
    return (
      reply
        .header('content-length', lengthBytes)
        // Tools in a browser read it from pages of other origins.
        .header('access-control-allow-origin', '*')
        .send(Readable.from(chunks))
    );
  });

  const sendPage = async (request: FastifyRequest, reply: FastifyReply) => {
    const { page } = await files();
    reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache');
    sendText(request, reply, HTML_TYPE, page);
    return reply;
  };

  app.get('/docs', sendPage);
  app.get('/docs/', sendPage);

  app.get('/docs/start.js', async (request, reply) => {
    const { start } = await files();
    sendText(request, reply.header('cache-control', FOR_GOOD), SCRIPT_TYPE, start);
    return reply;
  });

  app.get('/docs/scalar.js', async (request, reply) => {
    const { scalar } = await files();
    reply.header('cache-control', FOR_GOOD).header('vary', 'accept-encoding');
    sendCompressed(request, reply, SCRIPT_TYPE, scalar);
    return reply;
  });
}

/** Sends bytes that gzip has compressed, expanded for the rare client that does not read gzip. */
function sendCompressed(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  bytes: Buffer,
): void {
  if (/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
    sendText(request, reply.header('content-encoding', 'gzip'), type, bytes);
  } else {
    textHeaders(request, reply, type, bytes.length);
    reply.send(Readable.from([bytes]).pipe(createGunzip()));
  }
}
