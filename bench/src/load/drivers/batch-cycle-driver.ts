import { rawPost } from '../../calls/api-call.js';
import { batchBody, PUBLISH_BATCH_PATH } from '../../calls/batch-calls.js';
import {
  ACK_BATCH_PATH,
  ackBatchBody,
  CONSUME_PATH,
  consumeBody,
  deliveriesIn,
} from '../../calls/consume-calls.js';
import type { LoadDriver, RawRequest } from './load-driver.js';
import type { BatchCycleTraffic } from './traffic.js';

type Step = 'publish' | 'consume' | 'ack';

/**
 * Publishes a batch and acks as many messages; or only acks so many, of a queue that must not run dry. A
 * consume may return fewer if others consume at the same time, so it is repeated for those that are missing,
 * and its time counts.
 */
export function batchCycleDriver(traffic: BatchCycleTraffic): LoadDriver {
  const { apiKey, queue, size, publishes, payloadBytes } = traffic;
  const publish = Buffer.from(
    rawPost(PUBLISH_BATCH_PATH, apiKey, batchBody(queue, size, payloadBytes)),
  );
  const consumeAll = Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue, size)));
  const steps: Step[] = [];
  /** How many messages each connection has acked in its unit. */
  const acked: number[] = [];

  const send = (connection: number, step: Step, request: RawRequest): RawRequest => {
    steps[connection] = step;
    return request;
  };
  const consume = (connection: number): RawRequest => {
    const missing = size - (acked[connection] as number);
    const request =
      missing === size ? consumeAll : rawPost(CONSUME_PATH, apiKey, consumeBody(queue, missing));
    return send(connection, 'consume', request);
  };

  return {
    nextRequest(connection) {
      acked[connection] = 0;
      return publishes ? send(connection, 'publish', publish) : consume(connection);
    },

    acceptBody: (body, connection) =>
      steps[connection] !== 'ack' || !body.includes('"acked":false'),

    messages: (connection) => acked[connection] as number,

    step: (connection) => steps[connection] as Step,

    onBody(body, connection) {
      const count = acked[connection] as number;
      if (steps[connection] === 'publish') return consume(connection);
      if (steps[connection] === 'ack') return count < size ? consume(connection) : undefined;
      const deliveries = deliveriesIn(body);
      if (deliveries.length === 0) {
        if (publishes) return consume(connection);
        throw new Error('the queue ran dry');
      }
      acked[connection] = count + deliveries.length;
      return send(
        connection,
        'ack',
        rawPost(ACK_BATCH_PATH, apiKey, ackBatchBody(queue, deliveries)),
      );
    },
  };
}
