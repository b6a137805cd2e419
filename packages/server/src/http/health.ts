import type { FastifyInstance, FastifyReply } from 'fastify';
import { setSystemTimer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Store } from '../core/store/store.js';
import { JSON_TYPE, jsonLine } from './answers/json-line.js';
import { refusalOf } from './answers/refusal-of.js';
import { PROTECTING_HEADERS } from './connection/protecting-headers.js';

/** A load balancer does not wait long, and a store that answers later than this is not ready. */
const READY_WITHIN_MS = 3_000;

/** Health checks for load balancers: public, without an envelope. */
export function registerHealth(app: FastifyInstance, store: Store, log: Log): void {
  app.get('/healthz', (_request, reply) => {
    send(reply, 200, { status: 'ok' });
  });

  let asking: Promise<string | null> | undefined;
  app.get('/readyz', async (_request, reply) => {
    try {
      // Anybody may ask, and as often as they like, so the store is asked only once at a time.
      asking ??= answersInTime(store).finally(() => {
        asking = undefined;
      });
      const why = await asking;
      // If publishing stops the server is still ready, because clients can consume and ack.
      const publishing = why === null ? {} : { publishing: `stopped: ${why}` };
      return send(reply, 200, { status: 'ready', ...publishing });
    } catch (error) {
      log.counted('warn', 'the server is not ready', {
        cause: refusalOf(error).fault?.cause,
      });
      reply.header('retry-after', '1');
      return send(reply, 503, { status: 'not ready', cause: `store: ${(error as Error).message}` });
    }
  });
}

const send = (reply: FastifyReply, status: number, value: unknown): FastifyReply =>
  reply.code(status).headers(PROTECTING_HEADERS).type(JSON_TYPE).send(jsonLine(value));

/** @returns why publishing stops; null if it does not */
function answersInTime(store: Store): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const tooLate = new Error(`no answer within ${READY_WITHIN_MS / 1_000} s`);
    const cancel = setSystemTimer(() => reject(tooLate), READY_WITHIN_MS);
    Promise.all([store.whyPublishingStops(), store.read({ kind: 'ping' })])
      .then(([why]) => resolve(why), reject)
      .finally(cancel);
  });
}
