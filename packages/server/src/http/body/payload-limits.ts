import { LIMITS } from '@millrace/protocol';
import { fieldRefusal, type Refusal, refuse } from '../../core/refusal.js';
import type { BodyShape } from './scan/body-shape.js';

/** @param path the payload, as a JSON pointer */
export const payloadTooLarge = (path: string): Refusal =>
  tooLarge(path, LIMITS.payloadMaxBytes, 'of JSON', HINTS.payload);

/** @param path the headers, as a JSON pointer */
export const headersTooLarge = (path: string): Refusal =>
  fieldRefusal(path, `must be at most ${LIMITS.headersMaxBytes} bytes of JSON`);

export const batchTooLarge = (): Refusal =>
  tooLarge('/messages', LIMITS.batchMaxBytes, 'in all', HINTS.batch);

/** @param shape the shape of the body, which decides the advice on how to make it smaller */
export const bodyTooLarge = (maxBytes: number, { members }: BodyShape): Refusal =>
  refuse('PAYLOAD_TOO_LARGE', `The body must be at most ${maxBytes} bytes.`, {
    hint: members.has('messages')
      ? HINTS.batch
      : members.has('payload')
        ? HINTS.payload
        : HINTS.body,
    details: [{ path: '', message: `must be at most ${maxBytes} bytes` }],
  });

const HINTS = {
  payload: 'Store large data elsewhere and publish a reference to it.',
  batch: 'Send the messages in several batches.',
  body: 'Shorten the fields: only publish and the batch calls take larger bodies.',
};

function tooLarge(path: string, maxBytes: number, what: string, hint: string): Refusal {
  const rule = `must be at most ${maxBytes} bytes ${what}`;
  return refuse('PAYLOAD_TOO_LARGE', `${path.slice(1)} ${rule}`, {
    hint,
    details: [{ path, message: rule }],
  });
}
