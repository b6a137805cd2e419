import type { MillraceAddress } from '../servers/server-process.js';
import { call } from './api-call.js';

export const CONSUME_PATH = '/v1/queue/consume';
export const ACK_PATH = '/v1/queue/ack';
export const ACK_BATCH_PATH = '/v1/queue/ack_batch';

const LEASED_AT_ONCE = 1000;

export const consumeBody = (queue: string, maxMessages = 1): string =>
  JSON.stringify({ queue, max_messages: maxMessages });

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
  if (deliveries.length === 0 && !consumed.includes('"messages":[]')) {
    throw new Error(`not an answer to a consume: ${consumed.toString('utf8', 0, 2000)}`);
  }
  return deliveries;
}

const textAt = (body: Buffer, from: number): string =>
  body.toString('latin1', from, body.indexOf('"', from));

export const ackBody = (queue: string, delivery: Delivery): string =>
  JSON.stringify({ queue, ...delivery });

export const ackBatchBody = (queue: string, deliveries: readonly Delivery[]): string =>
  JSON.stringify({ queue, messages: deliveries });

/** Leases all that waits in the queue. */
export async function* leaseAll(
  server: MillraceAddress,
  queue: string,
): AsyncGenerator<Delivery[], void> {
  for (;;) {
    const consumed = await call(server, CONSUME_PATH, consumeBody(queue, LEASED_AT_ONCE));
    const deliveries = deliveriesIn(Buffer.from(consumed));
    if (deliveries.length === 0) return;
    yield deliveries;
  }
}
