import { rawPost } from '../../calls/api-call.js';
import {
  ACK_BATCH_PATH,
  ackBatchBody,
  batchBody,
  deliveriesIn,
  PUBLISH_BATCH_PATH,
} from '../../calls/batch-calls.js';
import { CONSUME_PATH, consumeBody } from './cycle-driver.js';
import type { LoadDriver, RawRequest } from './load-driver.js';
import type { BatchCycleTraffic } from './traffic.js';

type Step = 'publish' | 'consume' | 'ack';

/**
 * Publishes a batch, consumes up to as many messages and acks all of them. A consume may return fewer
 * than were published if others consume at the same time; a later one gets the rest, so over a run as
 * many messages are acked as published. After an empty answer the consume is repeated, and its time
 * counts. Without publishing, the queue must not run dry.
 */
export function batchCycleDriver(traffic: BatchCycleTraffic): LoadDriver {
  const { apiKey, queue, size, publishes, payloadBytes } = traffic;
  const publish = Buffer.from(
    rawPost(PUBLISH_BATCH_PATH, apiKey, batchBody(queue, size, payloadBytes)),
  );
  const consume = Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue, size)));
  const steps: Step[] = [];
  const acked: number[] = [];

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
    nextRequest: (connection) =>
      publishes ? send(connection, 'publish', publish) : send(connection, 'consume', consume),

    acceptBody: (body, connection) =>
      steps[connection] !== 'ack' || !body.includes('"acked":false'),

    messages: (connection) => acked[connection] as number,

    step: (connection) => steps[connection] as Step,

    onBody(body, connection) {
      if (steps[connection] === 'ack') return undefined;
      if (steps[connection] === 'publish') return send(connection, 'consume', consume);
      const deliveries = deliveriesIn(body);
      if (deliveries.length === 0) {
        if (publishes) return consume;
        throw new Error('the queue ran dry');
      }
      acked[connection] = deliveries.length;
      return send(
        connection,
        'ack',
        rawPost(ACK_BATCH_PATH, apiKey, ackBatchBody(queue, deliveries)),
      );
    },
  };
}
