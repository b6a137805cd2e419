import { payload } from './publish-call.js';

export const PUBLISH_BATCH_PATH = '/v1/queue/publish_batch';
export const ACK_BATCH_PATH = '/v1/queue/ack_batch';

export const batchBody = (queue: string, size: number, payloadText = payload): string =>
  `{"queue":"${queue}","messages":[${Array(size).fill(`{"payload":${payloadText}}`)}]}`;

/** One message for each of these message groups of a FIFO queue. */
export function groupBatchBody(queue: string, groups: readonly string[]): string {
  const messages = groups.map((id) => `{"payload":${payload},"message_group_id":"${id}"}`);
  return `{"queue":"${queue}","messages":[${messages}]}`;
}

const ID_OPENING = '"message_id":"';
const RECEIPT_OPENING = '"receipt":"';

/**
 * The body that acks what a consume returned, and how many messages that is. Undefined if it came back
 * empty. Searches for the fields, since parsing would slow the load.
 */
export function ackBatchBody(
  queue: string,
  consumed: Buffer,
): { body: string; count: number } | undefined {
  const entries: string[] = [];
  let idAt = consumed.indexOf(ID_OPENING);
  while (idAt >= 0) {
    const id = textAt(consumed, idAt + ID_OPENING.length);
    const receiptAt = consumed.indexOf(RECEIPT_OPENING, idAt);
    if (receiptAt < 0) throw new Error('a message without a receipt');
    const receipt = textAt(consumed, receiptAt + RECEIPT_OPENING.length);
    entries.push(`{"message_id":"${id}","receipt":"${receipt}"}`);
    idAt = consumed.indexOf(ID_OPENING, receiptAt);
  }
  if (entries.length === 0) return undefined;
  return { body: `{"queue":"${queue}","messages":[${entries}]}`, count: entries.length };
}

const textAt = (body: Buffer, from: number): string =>
  body.toString('latin1', from, body.indexOf('"', from));
