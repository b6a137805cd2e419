import type { FastifyInstance } from 'fastify';
import type { Store } from '../core/store.js';

/** Health for load balancers: public, not enveloped. */
export function registerHealth(app: FastifyInstance, store: Store): void {
  app.get('/healthz', (_request, reply) => {
    reply.send({ status: 'ok' });
  });

  app.get('/readyz', async (_request, reply) => {
    try {
      await store.read({ kind: 'ping' });
      return reply.send({ status: 'ready' });
    } catch (error) {
      return reply
        .code(503)
        .header('retry-after', '1')
        .send({ status: 'not ready', cause: `store: ${(error as Error).message}` });
    }
  });
}
