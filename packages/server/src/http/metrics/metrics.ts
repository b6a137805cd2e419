import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { Store } from '../../core/store/store.js';
import { authenticate } from '../authentication.js';
import type { RouteContext } from '../call.js';
import type { Connections } from '../connection/connections.js';
import { PROTECTING_HEADERS } from '../connection/protecting-headers.js';
import { sendError } from '../envelope.js';
import { refusalOf } from '../refusal-of.js';
import { registerBudgetMetrics, type Shared } from './budget-metrics.js';
import { registerProcessMetrics } from './process-metrics.js';
import { QueueMetrics } from './queue-metrics.js';

declare module 'fastify' {
  interface FastifyInstance {
    metricsPage: MetricsPage;
  }
}

/** The metrics in the text format of Prometheus, for both listeners. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

export function createMetricsPage(
  store: Store,
  shared: Shared,
  connections: Connections,
  registry: Registry,
): MetricsPage {
  const queues = new QueueMetrics(store, registry);
  registerProcessMetrics(registry);
  registerBudgetMetrics(registry, shared, connections);
  let rendering: Promise<string> | undefined;

  const render = async (): Promise<string> => {
    try {
      await queues.refresh();
      return await registry.metrics();
    } finally {
      rendering = undefined;
    }
  };

  return {
    contentType: registry.contentType,
    text() {
      // Requests that arrive meanwhile share the answer, so that the queues are read once at a time.
      rendering ??= render();
      return rendering;
    },
  };
}

/** The metrics are about all projects, so on the main address they need a scope of their own. */
export function registerMetrics(app: FastifyInstance, context: RouteContext): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    onRequest: (request, reply, done) =>
      authenticate(request, reply, ['metrics', 'admin'], context, done),
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const { contentType, text } = app.metricsPage;
      try {
        const page = await text();
        return reply.headers(PROTECTING_HEADERS).header('content-type', contentType).send(page);
      } catch (error) {
        sendError(request, reply, refusalOf(error));
        return reply;
      }
    },
  });
}
