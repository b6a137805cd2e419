import { type Attributes, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { shownQueue } from '../../core/queue/shown-queue.js';
import type { Tracing } from '../../core/tracing/tracing.js';
import type { PushOutcome } from './exchange.js';
import type { Poster } from './lazy-client.js';
import type { PushRequest } from './push-client.js';

const OK_BELOW = 300;

/**
 * Makes a span for each push, as a client of the receiver. Its parent is the trace that the request would
 * carry otherwise, which is that of the message; the request then carries the span.
 */
export class TracedPoster implements Poster {
  constructor(
    private readonly poster: Poster,
    private readonly tracing: Tracing,
  ) {}

  async post(request: PushRequest): Promise<PushOutcome> {
    const { tracer } = this.tracing;
    const parent = this.tracing.contextIn(request.headers);
    const span = tracer.startSpan(
      `push ${queueOf(request) ?? ''}`.trimEnd(),
      { kind: SpanKind.CLIENT, attributes: attributesOf(request) },
      parent,
    );
    // A trace state belongs to its trace, which may not be the one of the span.
    const { tracestate: _, ...others } = request.headers;
    const headers = { ...others, ...this.tracing.headersOf(trace.setSpan(parent, span)) };
    try {
      const outcome = await this.poster.post({ ...request, headers });
      describe(span, outcome);
      return outcome;
    } finally {
      span.end();
    }
  }

  forget(sender: string): void {
    this.poster.forget(sender);
  }

  close(): Promise<void> {
    return this.poster.close();
  }
}

/** Of the url only the host, because the rest of it may contain a secret. */
function attributesOf(request: PushRequest): Attributes {
  const { url, project, sender, headers } = request;
  return {
    'http.request.method': 'POST',
    ...hostOf(url),
    'messaging.system': 'millrace',
    'messaging.destination.name': queueOf(request),
    'messaging.operation.name': 'push',
    'messaging.operation.type': 'send',
    'messaging.message.id': headers['webhook-id'],
    'millrace.project': project,
    'millrace.subscription_id': sender,
    'millrace.attempt': Number(headers['x-millrace-attempt']),
  };
}

const queueOf = ({ headers }: PushRequest): string | undefined =>
  shownQueue(headers['x-millrace-queue']);

function hostOf(url: string): Attributes {
  if (!URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  const usualPort = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? usualPort : Number(port) };
}

function describe(span: Span, outcome: PushOutcome): void {
  if ('error' in outcome) {
    span.setAttribute('error.type', outcome.error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    return;
  }
  const { status } = outcome;
  span.setAttribute('http.response.status_code', status);
  if (status < OK_BELOW) return;
  span.setAttribute('error.type', String(status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
