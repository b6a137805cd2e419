import { rawPost } from './api-call.js';
import type { LoadDriver, RawRequest } from './load-generator.js';
import { PUBLISH_PATH, publishBody } from './publish-call.js';
import type { CycleTraffic } from './traffic.js';

export const CONSUME_PATH = '/v1/queue/consume';
export const ACK_PATH = '/v1/queue/ack';

export const consumeBody = (queue: string): string => JSON.stringify({ queue, max_messages: 1 });

type Step = 'publish' | 'consume' | 'ack';

/**
 * A connection may be handed the message of another one. An empty answer to consume is asked
 * again: what this connection published is there, but a store may hold it back for an instant
 * while other consumers choose. The time counts, the answer does not.
 */
export function cycleDriver({ apiKey, queue, publishes }: CycleTraffic): LoadDriver {
  const publish = Buffer.from(rawPost(PUBLISH_PATH, apiKey, publishBody(queue)));
  const consume = Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue)));
  const firstStep: Step = publishes ? 'publish' : 'consume';
  const steps: Step[] = [];

  const send = (connection: number, step: Step, request: RawRequest): RawRequest => {
    steps[connection] = step;
    return request;
  };

  return {
    nextRequest: (connection) => send(connection, firstStep, publishes ? publish : consume),

    acceptBody: (body, connection) => steps[connection] !== 'ack' || body.includes('"acked":true'),

    onBody(body, connection) {
      if (steps[connection] === 'ack') return undefined;
      if (steps[connection] === 'publish') return send(connection, 'consume', consume);
      const ack = ackBody(queue, body);
      if (ack === undefined) return consume;
      return send(connection, 'ack', rawPost(ACK_PATH, apiKey, ack));
    },
  };
}

/** Undefined where the consume came back empty. Looks for the fields: parsing costs the load. */
export function ackBody(queue: string, consumed: Buffer): string | undefined {
  const message_id = textField(consumed, '"message_id":"');
  const receipt = textField(consumed, '"receipt":"');
  if (message_id !== undefined && receipt !== undefined) {
    return JSON.stringify({ queue, message_id, receipt });
  }
  if (consumed.includes('"messages":[]')) return undefined;
  throw new Error(`not an answer to consume: ${consumed.toString('utf8', 0, 2000)}`);
}

function textField(body: Buffer, opening: string): string | undefined {
  const at = body.indexOf(opening);
  if (at < 0) return undefined;
  const from = at + opening.length;
  return body.toString('latin1', from, body.indexOf('"', from));
}
