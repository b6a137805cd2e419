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
 * Publishes a batch, consumes up to as many messages and acks all of them. A consume may return fewer
 * than were published if others consume at the same time; a later one gets the rest, so over a run as
 * many messages are acked as published. After an empty answer the consume is repeated, and its time
 * counts.
 */
export function batchCycleDriver({ apiKey, queue, size }: BatchCycleTraffic): LoadDriver {
  const publish = Buffer.from(rawPost(PUBLISH_BATCH_PATH, apiKey, batchBody(queue, size)));
  const consume = Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue, size)));
  const steps: Step[] = [];

  const send = (connection: number, step: Step, request: RawRequest): RawRequest => {
    steps[connection] = step;
    return request;
  };

  return {
    nextRequest: (connection) => send(connection, 'publish', publish),

    acceptBody: (body, connection) =>
      steps[connection] !== 'ack' || !body.includes('"acked":false'),

    step: (connection) => steps[connection] as Step,

    onBody(body, connection) {
      if (steps[connection] === 'ack') return undefined;
      if (steps[connection] === 'publish') return send(connection, 'consume', consume);
      const ack = ackBatchBody(queue, body);
      if (ack === undefined) return consume;
      return send(connection, 'ack', rawPost(ACK_BATCH_PATH, apiKey, ack));
    },
  };
}
