import type { Socket } from 'node:net';
import type { Capability, ErrorBody } from '@millrace/protocol';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { causeOf } from '../core/fault.js';
import type { Log } from '../core/log.js';
import { isRefusal } from '../core/refusal.js';
import type { Store } from '../core/store/store.js';
import type { Tracing } from '../core/tracing/tracing.js';
import { newTrace, sendError } from './answers/envelope.js';
import { notFound, pathTable } from './answers/not-found.js';
import { refusalOf } from './answers/refusal-of.js';
import { laneOf } from './authentication.js';
import { type BodyBounds, readBody } from './body/body.js';
import { checkMediaType } from './body/media-type.js';
import type { BodyShape } from './body/scan/body-shape.js';
import type { RouteContext } from './call.js';
import { answerClientError } from './connection/client-error.js';
import { Connections } from './connection/connections.js';
import { allowOrigins } from './connection/cross-origin.js';
import { createHttpServer, HEADERS_MAX_BYTES } from './connection/server.js';
import { Turns } from './connection/turns.js';
import { registerConsole } from './console/console.js';
import { type ControlledClock, clockRoutes } from './dev/clock-routes.js';
import { refuseForeignHosts } from './dev/foreign-hosts.js';
import { registerDiscovery } from './discovery.js';
import { frameworkLog } from './framework-log.js';
import { registerHealth } from './health.js';
import { createMetricsPage, registerMetrics } from './metrics/metrics.js';
import { registerReference } from './reference/reference.js';
import { accountOf, registerRoute } from './register-route.js';
import { RequestLines } from './request-lines.js';
import { RequestSpans } from './request-spans.js';
import { ROUTES } from './routes/index.js';

export interface HttpOptions {
  readonly trustProxy: boolean;
  /** Origins of web pages that may call the server. */
  readonly allowedOrigins: readonly string[];
  readonly log: Log;
  /** The clock in dev mode; else undefined. */
  readonly devClock: ControlledClock | undefined;
  /** Undefined if traces are off. */
  readonly tracing: Tracing | undefined;
}

const CONNECTIONS_MAX = 16_384;
/** The type that Fastify sees for every body; its one parser below reads any type. */
const ANY_TYPE = 'application/octet-stream';

/** The HTTP side. It turns requests into calls and outcomes into answers, for any kind of store. */
export function createHttpApp(
  context: RouteContext,
  store: Store,
  options: HttpOptions,
): FastifyInstance {
  const { log, devClock } = options;
  const routes = devClock === undefined ? ROUTES : [...ROUTES, ...clockRoutes(devClock)];
  const connections = new Connections(CONNECTIONS_MAX, options.trustProxy);
  const app = createFastify(context, connections, options);
  decorate(app, context, connections, options);
  app.requestSpans?.addTo(app);
  addRequestHook(app, context);
  if (devClock !== undefined) refuseForeignHosts(app);
  addBodyParser(app, context);
  app.setErrorHandler((error, request, reply) => {
    const refusal = (error as { refusal?: ErrorBody }).refusal;
    // Fastify would close the connection while the client is still sending and has read no answer.
    const { shouldKeepAlive } = reply.raw;
    if (refusal !== undefined && shouldKeepAlive) reply.removeHeader('connection');
    sendError(request, reply, refusal ?? refusalOf(error));
  });
  for (const route of routes) registerRoute(app, route, context);
  registerHealth(app, store, log);
  registerMetrics(app, context);
  registerDiscovery(app);
  registerReference(app);
  registerConsole(app);
  const paths = pathTable(routes.map(({ capability }) => capability));
  app.setNotFoundHandler((request, reply) => notFound(request, reply, paths));
  return app;
}

function createFastify(
  context: RouteContext,
  connections: Connections,
  { allowedOrigins, log }: HttpOptions,
): FastifyInstance {
  const answerError = (error: { readonly code?: string }, socket: Socket): void =>
    answerClientError(error, socket, context.ids, log);
  const app: FastifyInstance = Fastify({
    serverFactory: (handle) =>
      createHttpServer(allowOrigins(handle, allowedOrigins), connections, answerError),
    loggerInstance: frameworkLog(log),
    logController: new LogController({ disableRequestLogging: true }),
    // The protocol's schemas validate fields; without this Fastify would load its own compilers.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { maxParamLength: HEADERS_MAX_BYTES },
    // The body parser bounds each body by the limit of its route.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: answerError,
    frameworkErrors: (error, request, reply) => {
      request.trace = newTrace(context.ids.uuid());
      sendError(request, reply, malformedUrl(error.message));
    },
  });
  app.addHook('onClose', async () => connections.stop());
  // If a connection cannot be accepted, for lack of memory, the server goes on. For lack of file
  // descriptors Node closes it, and tells nobody.
  app.addHook('onListen', async () => {
    app.server.on('error', (error) => {
      log.counted('warn', 'a connection could not be accepted', { cause: causeOf(error) });
    });
  });
  return app;
}

/** Adds what routes and hooks find on the app and on each request. */
function decorate(
  app: FastifyInstance,
  context: RouteContext,
  connections: Connections,
  { trustProxy, log, tracing }: HttpOptions,
): void {
  const requestLines = new RequestLines(log);
  app.decorate('connections', connections);
  app.decorate('turns', new Turns());
  app.decorate('behindProxy', trustProxy);
  app.decorate('requestLines', requestLines);
  if (log.tellsRequests) {
    app.addHook('onResponse', (request, reply, done) => {
      requestLines.ended(request, reply);
      done();
    });
  }
  app.decorate('requestMetrics', context.metrics.requests);
  app.decorate('metricsPage', createMetricsPage(context, connections));
  app.decorate('requestSpans', tracing && new RequestSpans(tracing));
  app.decorateRequest('span');
  app.decorateRequest('trace');
  app.decorateRequest('caller');
  app.decorateRequest('contentType');
}

function addRequestHook(app: FastifyInstance, { ids, keyRing }: RouteContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { headers, httpVersion } = request.raw;
    request.trace = newTrace(ids.uuid());
    // The type is checked after the size; Fastify would refuse a type it cannot read before that.
    request.contentType = headers['content-type'];
    if (request.contentType !== undefined) headers['content-type'] = ANY_TYPE;
    app.turns.run(laneOf(request, keyRing), () => {
      if (headers.host === undefined && httpVersion === '1.1') sendError(request, reply, noHost());
      else done();
    });
  });
}

/** Bodies of routes are read within their limits; the others do not matter to the answer. */
function addBodyParser(app: FastifyInstance, { budget }: RouteContext): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, stream, done) => {
    const maxBytes = request.routeOptions.config.bodyMaxBytes;
    if (maxBytes === undefined) {
      stream.resume();
      return done(null, undefined);
    }
    const { caller, routeOptions, raw } = request;
    const { socket } = raw;
    const capability = routeOptions.config.call as Capability;
    const bounds: BodyBounds = {
      maxBytes,
      shape: routeOptions.config.bodyShape as BodyShape,
      room: budget.open(accountOf(caller, capability), 'body'),
      access: caller,
      checkType: () => checkMediaType(request),
      scanInTurn: (scan) => app.turns.run(caller.project, scan),
      onTimeUp: (end) => app.connections.bodyBegins(socket, end),
    };
    readBody(stream, bounds, (result) => {
      app.connections.bodyEnds(socket);
      if (isRefusal(result)) done(Object.assign(new Error(result.message), { refusal: result }));
      else done(null, result);
    });
  });
}

/** How long calls may take to finish, and bodies to arrive, when the server stops. */
const DRAIN_WITHIN = { allMs: 8_000, bodiesMs: 5_000 };

/**
 * Accepts no new connections, lets the calls that have begun finish with their answers, and then
 * closes the other connections: idle ones, and those that have sent only a part of a request head.
 */
export async function closeHttp(app: FastifyInstance): Promise<void> {
  const drained = app.connections.drained(DRAIN_WITHIN);
  const closed = app.close();
  await drained;
  app.server.closeAllConnections();
  await closed;
}

const noSchemas = (): never => {
  throw new Error('no route may have a Fastify schema');
};

const noHost = (): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: 'The header Host is missing.',
  hint: 'HTTP/1.1 requires the header Host. Send it, and at most 2,000 headers in all.',
});

const malformedUrl = (why: string): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: `The path is malformed: ${why.slice(0, 200)}`,
  hint: 'Percent-encode the path as UTF-8.',
});
