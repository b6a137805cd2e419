import type { Capability, ErrorBody } from '@millrace/protocol';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { monotonicMs } from '../core/clock.js';
import type { Store } from '../core/store.js';
import { laneOf } from './authentication.js';
import { type BodyBounds, readBody } from './body.js';
import type { BodyShape } from './body-scan/body-shape.js';
import type { RouteContext } from './call.js';
import { CallsUnderWay } from './calls-under-way.js';
import { answerClientError } from './client-error.js';
import { Connections } from './connections.js';
import { registerDocs } from './docs.js';
import { sendError } from './envelope.js';
import { registerHealth } from './health.js';
import { checkMediaType } from './media-type.js';
import { createMetricsPage, registerMetrics } from './metrics.js';
import { notFound, pathTable } from './not-found.js';
import { refusalOf } from './refusal-of.js';
import { accountOf, registerRoute } from './register-route.js';
import { RequestMetrics } from './request-metrics.js';
import { ROUTES } from './routes/index.js';
import { createHttpServer, HEADERS_MAX_BYTES } from './server.js';
import { Turns } from './turns.js';

export interface HttpOptions {
  readonly trustProxy: boolean;
  readonly logger: FastifyBaseLogger;
}

const CONNECTIONS_MAX = 16_384;
/** For Fastify, whose parser reads any. */
const ANY_TYPE = 'application/octet-stream';

/** The HTTP side: it turns requests into calls and outcomes into answers, and knows no store. */
export function createHttpApp(
  context: RouteContext,
  store: Store,
  { trustProxy, logger }: HttpOptions,
): FastifyInstance {
  const connections = new Connections(CONNECTIONS_MAX, trustProxy);
  const app: FastifyInstance = Fastify({
    serverFactory: (handle) => createHttpServer(handle, connections, context.ids),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Fields are validated by the protocol's schemas; Fastify would only load compilers of its own.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { maxParamLength: HEADERS_MAX_BYTES },
    // Reading a body is bounded route by route, in the parser below.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, context.ids),
    frameworkErrors: (error, request, reply) => {
      request.trace = newTrace();
      sendError(request, reply, malformedUrl(error.message));
    },
  });
  app.addHook('onClose', async () => connections.stop());
  // A connection that cannot be taken, for want of file descriptors, is no reason to end.
  app.addHook('onListen', async () => {
    app.server.on('error', ({ message }) => logger.warn(`a connection was not taken: ${message}`));
  });

  const newTrace = () => ({
    requestId: context.ids.uuid(),
    startedAtMs: monotonicMs(),
    warnings: undefined,
  });
  const turns = new Turns();
  app.decorate('connections', connections);
  app.decorate('turns', turns);
  app.decorate('callsUnderWay', new CallsUnderWay());
  app.decorate('behindProxy', trustProxy);
  app.decorate('requestMetrics', new RequestMetrics());
  const { registry } = app.requestMetrics;
  app.decorate('metricsPage', createMetricsPage(store, context, connections, registry));
  app.decorateRequest('trace');
  app.decorateRequest('caller');
  app.decorateRequest('contentType');
  app.addHook('onRequest', (request, reply, done) => {
    const { headers, httpVersion } = request.raw;
    request.trace = newTrace();
    // The type is judged after the size; Fastify would refuse one that it cannot read before.
    request.contentType = headers['content-type'];
    if (request.contentType !== undefined) headers['content-type'] = ANY_TYPE;
    turns.run(laneOf(request, context.keyRing), () => {
      if (headers.host === undefined && httpVersion === '1.1') sendError(request, reply, noHost());
      else done();
    });
  });

  const paths = pathTable(ROUTES.map(({ capability }) => capability));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, stream, done) => {
    const maxBytes = request.routeOptions.config.bodyMaxBytes;
    if (maxBytes === undefined) {
      // No route of ours: the answer does not depend on the body.
      stream.resume();
      return done(null, undefined);
    }
    const { caller, routeOptions, raw } = request;
    const { socket } = raw;
    const capability = routeOptions.config.call as Capability;
    const bounds: BodyBounds = {
      maxBytes,
      shape: routeOptions.config.bodyShape as BodyShape,
      room: context.budget.open(accountOf(caller, capability), 'body'),
      access: caller,
      checkType: () => checkMediaType(request),
      scanInTurn: (scan) => turns.run(caller.project, scan),
    };
    connections.bodyBegins(socket);
    readBody(stream, bounds, (result) => {
      connections.bodyEnds(socket);
      if ('ok' in result) done(Object.assign(new Error(result.message), { refusal: result }));
      else done(null, result);
    });
  });

  app.setErrorHandler((error, request, reply) => {
    const refusal = (error as { refusal?: ErrorBody }).refusal;
    // Fastify would close the connection, while the client still sends and has read no answer.
    if (refusal !== undefined) reply.removeHeader('connection');
    sendError(request, reply, refusal ?? refusalOf(error, request));
  });

  for (const route of ROUTES) registerRoute(app, route, context);
  registerHealth(app, store);
  registerMetrics(app, context);
  registerDocs(app);
  app.setNotFoundHandler((request, reply) => notFound(request, reply, paths));
  return app;
}

/** How long calls that run may take to end when the server stops. */
const DRAIN_MAX_MS = 8_000;

/**
 * Takes no new connections, lets the calls that run end with their answers, then drops what is
 * left: connections that are idle or have not sent a whole request.
 */
export async function closeHttp(app: FastifyInstance): Promise<void> {
  const closed = app.close();
  await app.callsUnderWay.drained(DRAIN_MAX_MS);
  app.server.closeAllConnections();
  await closed;
}

const noSchemas = (): never => {
  throw new Error('routes have no schemas that Fastify knows of');
};

const noHost = (): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: 'The header Host is missing.',
  hint: 'HTTP/1.1 requires it; send at most 2,000 headers.',
});

const malformedUrl = (why: string): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: `The path is malformed: ${why.slice(0, 200)}`,
  hint: 'Percent-encode the path as UTF-8.',
});
