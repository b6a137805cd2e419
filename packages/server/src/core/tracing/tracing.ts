import type { Context, Tracer } from '@opentelemetry/api';

/** The port to traces. If traces are off there is none, and no part makes a span. */
export interface Tracing {
  /** Makes spans that are kept or not as the sampler decides. */
  readonly tracer: Tracer;
  /** Makes spans that are always kept: those of work that several kept traces share. */
  readonly sharedTracer: Tracer;
  /** The context of the call for which the running code works. */
  active(): Context;
  /** Does work within a context, together with everything that the work awaits. */
  within<T>(context: Context, work: () => T): T;
  /** The context that headers carry in `traceparent` and `tracestate`; an empty one if they carry none. */
  contextIn(headers: Readonly<Record<string, unknown>>): Context;
  /** The headers that carry the context. */
  headersOf(context: Context): Readonly<Record<string, string>>;
  /** Exports the spans that have ended, for a second at most. */
  stop(): Promise<void>;
}
