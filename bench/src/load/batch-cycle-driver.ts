import { rawPost } from '../calls/api-call.js';
import {
  ACK_BATCH_PATH,
  ackBatchBody,
  batchBody,
  PUBLISH_BATCH_PATH,
} from '../calls/batch-calls.js';
import { CONSUME_PATH, consumeBody } from './cycle-driver.js';
import type { LoadDriver, RawRequest } from './load-generator.js';
import type { BatchCycleTraffic } from './traffic.js';

type Step = 'publish' | 'consume' | 'ack';

/**
 * Publishes a batch and acks as many messages. A consume may return fewer if others consume at the same
 * time, so it is repeated for those that are missing, and its time counts.
 */
export function batchCycleDriver({ apiKey, queue, size, payload }: BatchCycleTraffic): LoadDriver {
  const publish = Buffer.from(rawPost(PUBLISH_BATCH_PATH, apiKey, batchBody(queue, size, payload)));
  const consumeAll = Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue, size)));
  const steps: Step[] = [];
  /** How many messages each connection has yet to ack. */
  const missing: number[] = [];

  const send = (connection: number, step: Step, request: RawRequest): RawRequest => {
    steps[connection] = step;
    return request;
  };
  const consume = (connection: number): RawRequest => {
    const count = missing[connection] as number;
    const request =
      count === size ? consumeAll : rawPost(CONSUME_PATH, apiKey, consumeBody(queue, count));
    return send(connection, 'consume', request);
  };

  return {
    nextRequest(connection) {
      missing[connection] = size;
      return send(connection, 'publish', publish);
    },

    acceptBody: (body, connection) =>
      steps[connection] !== 'ack' || !body.includes('"acked":false'),

    step: (connection) => steps[connection] as Step,

    onBody(body, connection) {
      if (steps[connection] === 'publish') return consume(connection);
      if (steps[connection] === 'ack') {
        return missing[connection] === 0 ? undefined : consume(connection);
      }
      const ack = ackBatchBody(queue, body);
      if (ack === undefined) return consume(connection);
      missing[connection] = (missing[connection] as number) - ack.count;
      return send(connection, 'ack', rawPost(ACK_BATCH_PATH, apiKey, ack.body));
    },
  };
}
