import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/keys/caller.js';
import type { Tracing } from '../core/tracing/tracing.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined if traces are off. */
    requestSpans: RequestSpans | undefined;
  }
  interface FastifyRequest {
    /** The span of a call, if traces are on. */
    span: Span | undefined;
  }
}

const FAILED_FROM = 500;

/**
 * Makes a span for each call, by the semantic conventions for HTTP servers. The path itself is not in
 * it, because a caller may have put anything there, even a key.
 */
export class RequestSpans {
  constructor(private readonly tracing: Tracing) {}

  /** To be added before all other hooks, so that the spans include them. */
  addTo(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply);
      done();
    });
  }

  /** Handles a call in its span. Only here, because other hooks may run in the turn of another call. */
  within(request: FastifyRequest, handle: () => void): void {
    const { span } = request;
    if (span === undefined) return handle();
    this.tracing.within(trace.setSpan(this.tracing.active(), span), handle);
  }

  private begin(request: FastifyRequest, reply: FastifyReply): void {
    const { routeOptions, raw } = request;
    // Health checks and metrics are asked for all the time, and show nothing.
    if (routeOptions.config?.capability === undefined) return;
    const span = this.tracing.tracer.startSpan(
      `${request.method} ${routeOptions.url}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'http.route': routeOptions.url,
          'network.protocol.version': raw.httpVersion,
          'url.scheme': 'http',
        },
      },
      this.tracing.contextIn(raw.headers),
    );
    request.span = span;
    reply.raw.once('close', () => end(span, request, reply));
  }
}

function end(span: Span, request: FastifyRequest, { raw }: FastifyReply): void {
  const { trace, caller } = request;
  const isAnswered = raw.writableFinished;
  span.setAttributes({
    'http.response.status_code': isAnswered ? raw.statusCode : undefined,
    'error.type': isAnswered ? trace.code : 'disconnected',
    'millrace.request_id': trace.requestId,
    // A request that was refused for its key has no caller.
    'millrace.project': (caller as Caller | undefined)?.project,
  });
  if (isAnswered && raw.statusCode >= FAILED_FROM) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
