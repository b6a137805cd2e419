import { PAYLOAD_BYTES, payload, payloadOf } from './publish-call.js';

export const PUBLISH_BATCH_PATH = '/v1/queue/publish_batch';
export const ACK_BATCH_PATH = '/v1/queue/ack_batch';

export const batchBody = (queue: string, size: number, payloadBytes = PAYLOAD_BYTES): string =>
  `{"queue":"${queue}","messages":[${Array(size).fill(`{"payload":${payloadOf(payloadBytes)}}`)}]}`;

/** One message for each of these message groups of a FIFO queue. */
export function groupBatchBody(queue: string, groups: readonly string[]): string {
  const messages = groups.map((id) => `{"payload":${payload},"message_group_id":"${id}"}`);
  return `{"queue":"${queue}","messages":[${messages}]}`;
}

/** What an ack needs to know of a delivery. */
export interface Delivery {
  message_id: string;
  receipt: string;
}

const ID_OPENING = '"message_id":"';
const RECEIPT_OPENING = '"receipt":"';

/** Searches an answer of a consume for the fields, since parsing would slow the load. */
export function deliveriesIn(consumed: Buffer): Delivery[] {
  const deliveries: Delivery[] = [];
  let idAt = consumed.indexOf(ID_OPENING);
  while (idAt >= 0) {
    const message_id = textAt(consumed, idAt + ID_OPENING.length);
    const receiptAt = consumed.indexOf(RECEIPT_OPENING, idAt);
    if (receiptAt < 0) throw new Error('a message without a receipt');
    deliveries.push({ message_id, receipt: textAt(consumed, receiptAt + RECEIPT_OPENING.length) });
    idAt = consumed.indexOf(ID_OPENING, receiptAt);
  }
  return deliveries;
}

export const ackBatchBody = (queue: string, deliveries: readonly Delivery[]): string =>
  JSON.stringify({ queue, messages: deliveries });

const textAt = (body: Buffer, from: number): string =>
  body.toString('latin1', from, body.indexOf('"', from));
