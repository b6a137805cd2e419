import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../answers/envelope.js';
import { refusalOf } from '../answers/refusal-of.js';
import { authenticate } from '../authentication.js';
import type { RouteContext } from '../call.js';
import type { Connections } from '../connection/connections.js';
import { PROTECTING_HEADERS } from '../connection/protecting-headers.js';
import { registerBudgetMetrics } from './budget-metrics.js';
import { ProcessMetrics } from './process-metrics.js';
import { queueMetrics } from './queue-metrics.js';
import { StoreMetrics } from './store-metrics.js';

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

export function createMetricsPage(context: RouteContext, connections: Connections): MetricsPage {
  const { registry, events } = context.metrics;
  const store = new StoreMetrics(context.store, registry);
  const processMetrics = new ProcessMetrics(registry);
  registerBudgetMetrics(registry, context, connections);
  let rendering: Promise<string> | undefined;

  const render = async (): Promise<string> => {
    try {
      processMetrics.begin();
      // The other metrics are needed most while the store cannot be reached.
      const ofQueues = await queueMetrics(context);
      await store.refresh(ofQueues !== undefined);
      return (await registry.metrics()) + (await events.text()) + (ofQueues ?? '');
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
