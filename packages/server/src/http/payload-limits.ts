import { LIMITS } from '@millrace/protocol';
import { fieldRefusal, type Refusal, refuse } from '../core/refusal.js';

/** @param path of the payload, as a JSON pointer */
export const payloadTooLarge = (path: string): Refusal =>
  tooLarge(path, LIMITS.payloadMaxBytes, 'of JSON');

/** @param path of the headers, as a JSON pointer */
export const headersTooLarge = (path: string): Refusal =>
  fieldRefusal(path, `must be at most ${LIMITS.headersMaxBytes} bytes of JSON`);

export const batchTooLarge = (): Refusal => tooLarge('/messages', LIMITS.batchMaxBytes, 'in all');

function tooLarge(path: string, maxBytes: number, what: string): Refusal {
  const rule = `must be at most ${maxBytes} bytes ${what}`;
  return refuse('PAYLOAD_TOO_LARGE', `${path.slice(1)} ${rule}`, {
    hint: 'Keep large data elsewhere and publish a reference to it.',
    details: [{ path, message: rule }],
  });
}
