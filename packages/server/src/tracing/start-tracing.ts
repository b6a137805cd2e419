import { AsyncLocalStorage } from 'node:async_hooks';
import { PROTOCOL_VERSION } from '@millrace/protocol';
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { setSystemTimer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Tracing } from '../core/tracing/tracing.js';
import { reportTo } from './report.js';

export interface ExportSettings {
  readonly protocol: 'http/protobuf' | 'http/json';
}

const NAME = 'millrace';
/** The most commands of a commit group. */
const SHARED_LINKS_MAX = 512;
const FLUSH_WITHIN_MS = 1_000;

/**
 * Starts the export of spans. All that may wait for the collector is bounded: when it is slow or down,
 * spans are dropped. OpenTelemetry's own code reads the `OTEL_` variables of the address, of sampling, of
 * bounds and of the resource.
 */
export async function startTracing(settings: ExportSettings, log: Log): Promise<Tracing> {
  reportTo(log);
  const processor = new BatchSpanProcessor(await exporterOf(settings));
  const common = { resource: resource(), spanProcessors: [processor] };
  const provider = new BasicTracerProvider(common);
  const sharedProvider = new BasicTracerProvider({
    ...common,
    sampler: new AlwaysOnSampler(),
    spanLimits: { linkCountLimit: SHARED_LINKS_MAX },
  });
  const propagator = new W3CTraceContextPropagator();
  const contexts = new AsyncLocalStorage<Context>();
  return {
    tracer: provider.getTracer(NAME, PROTOCOL_VERSION),
    sharedTracer: sharedProvider.getTracer(NAME, PROTOCOL_VERSION),
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    within: (context, work) => contexts.run(context, work),
    contextIn: (headers) => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter),
    headersOf: (context) => {
      const headers: Record<string, string> = {};
      propagator.inject(context, headers, defaultTextMapSetter);
      return headers;
    },
    stop: async () => {
      if (await endsWithin(FLUSH_WITHIN_MS, processor.shutdown())) return;
      log.warn('the last traces were lost, because the collector did not take them in time');
    },
  };
}

/** Loads only the encoding that is used. */
async function exporterOf({ protocol }: ExportSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function resource(): Resource {
  const own = resourceFromAttributes({ 'service.name': NAME, 'service.version': PROTOCOL_VERSION });
  const given = detectResources({ detectors: [serviceInstanceIdDetector, envDetector] });
  return defaultResource().merge(own).merge(given);
}

/** Resolves to whether the work has ended in time, well or not. */
function endsWithin(timeMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = setSystemTimer(() => resolve(false), timeMs);
    const end = (): void => {
      cancel();
      resolve(true);
    };
    work.then(end, end);
  });
}
