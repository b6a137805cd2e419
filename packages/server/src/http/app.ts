import type { ErrorBody } from '@millrace/protocol';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { monotonicMs } from '../core/clock.js';
import type { Store } from '../core/store.js';
import { readBody } from './body.js';
import type { RouteContext } from './call.js';
import { answerClientError } from './client-error.js';
import { sendError } from './envelope.js';
import { registerHealth } from './health.js';
import { notFound, pathTable } from './not-found.js';
import { refusalOf, registerRoute } from './register-route.js';
import { ROUTES } from './routes/index.js';

export interface HttpOptions {
  readonly trustProxy: boolean;
  readonly logger: FastifyBaseLogger;
}

/** Beyond these, Node itself refuses; the path of a request counts as a header here. */
const HEADERS_MAX_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 75_000;
const CONNECTIONS_MAX = 16_384;

/** The HTTP side: it turns requests into calls and outcomes into answers, and knows no store. */
export function createHttpApp(
  context: RouteContext,
  store: Store,
  { trustProxy, logger }: HttpOptions,
): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy,
    routerOptions: { maxParamLength: HEADERS_MAX_BYTES },
    // Reading a body is bounded route by route, in the parser below.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: BODY_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    http: { maxHeaderSize: HEADERS_MAX_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, context.ids),
    frameworkErrors: (error, request, reply) => {
      request.trace = newTrace();
      sendError(request, reply, malformedUrl(error.message));
    },
  });
  app.server.maxConnections = CONNECTIONS_MAX;

  const newTrace = () => ({ requestId: context.ids.uuid(), startedAtMs: monotonicMs() });
  app.decorateRequest('trace');
  app.decorateRequest('caller');
  app.addHook('onRequest', (request, _reply, done) => {
    request.trace = newTrace();
    done();
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, stream, done) => {
    const maxBytes = request.routeOptions.config.bodyMaxBytes ?? 0;
    readBody(stream, maxBytes, context.budget, (result) =>
      'ok' in result
        ? done(Object.assign(new Error(result.message), { refusal: result }))
        : done(null, result),
    );
  });

  app.setErrorHandler((error, request, reply) => {
    const refusal = (error as { refusal?: ErrorBody }).refusal;
    if (refusal?.code === 'PAYLOAD_TOO_LARGE') reply.header('connection', 'close');
    sendError(request, reply, refusal ?? refusalOf(error, request));
  });

  for (const route of ROUTES) registerRoute(app, route, context);
  registerHealth(app, store);
  const paths = pathTable(ROUTES.map(({ capability }) => capability));
  app.setNotFoundHandler((request, reply) => notFound(request, reply, paths));
  return app;
}

const malformedUrl = (why: string): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: `The path is malformed: ${why.slice(0, 200)}`,
  hint: 'Percent-encode the path as UTF-8.',
});
