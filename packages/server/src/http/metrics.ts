import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from './authentication.js';
import { registerBudgetMetrics } from './budget-metrics.js';
import type { RouteContext } from './call.js';
import { sendError } from './envelope.js';
import { registerProcessMetrics } from './process-metrics.js';
import { QueueMetrics } from './queue-metrics.js';
import { refusalOf } from './refusal-of.js';

/** A proxy on this machine sets one of them; behind it, everybody would come from here. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Metrics in the text format of Prometheus. They speak of all projects, so not to everybody. */
export function registerMetrics(app: FastifyInstance, context: RouteContext): void {
  const { registry } = app.requestMetrics;
  const queues = new QueueMetrics(context.store, registry);
  registerProcessMetrics(registry);
  registerBudgetMetrics(registry, context, app.connections);
  let rendering: Promise<string> | undefined;

  const render = async (): Promise<string> => {
    try {
      await queues.refresh();
      return await registry.metrics();
    } finally {
      rendering = undefined;
    }
  };

  app.route({
    method: 'GET',
    url: '/metrics',
    onRequest: (request, reply, done) => {
      if (isFromLoopback(request)) done();
      else authenticate(request, reply, ['admin'], context, done);
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        // Who asks meanwhile gets the same answer: reading all queues twice at once helps nobody.
        rendering ??= render();
        const text = await rendering;
        return reply.header('content-type', registry.contentType).send(text);
      } catch (error) {
        sendError(request, reply, refusalOf(error, request));
        return reply;
      }
    },
  });
}

function isFromLoopback({ raw }: FastifyRequest): boolean {
  if (FORWARDED.some((name) => raw.headers[name] !== undefined)) return false;
  const address = (raw.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
