import type { FastifyInstance } from 'fastify';
import { setSystemTimer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Store } from '../core/store.js';
import { PROTECTING_HEADERS } from './protecting-headers.js';
import { refusalOf } from './refusal-of.js';

/** A load balancer does not wait for long, and a store that answers late is not ready either. */
const READY_WITHIN_MS = 3_000;

/** Health for load balancers: public, not enveloped. */
export function registerHealth(app: FastifyInstance, store: Store, log: Log): void {
  app.get('/healthz', (_request, reply) => {
    reply.headers(PROTECTING_HEADERS).send({ status: 'ok' });
  });

  let asking: Promise<void> | undefined;
  app.get('/readyz', async (_request, reply) => {
    reply.headers(PROTECTING_HEADERS);
    try {
      // Anybody may ask, and as often as they like: the store is asked once at a time.
      asking ??= answersInTime(store).finally(() => {
        asking = undefined;
      });
      await asking;
      return reply.send({ status: 'ready' });
    } catch (error) {
      log.counted('warn', 'the server is not ready', {
        cause: refusalOf(error).fault?.cause,
      });
      return reply
        .code(503)
        .header('retry-after', '1')
        .send({ status: 'not ready', cause: `store: ${(error as Error).message}` });
    }
  });
}

function answersInTime(store: Store): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLate = new Error(`it did not answer within ${READY_WITHIN_MS / 1_000} s`);
    const cancel = setSystemTimer(() => reject(tooLate), READY_WITHIN_MS);
    store
      .read({ kind: 'ping' })
      .then(() => resolve(), reject)
      .finally(cancel);
  });
}
