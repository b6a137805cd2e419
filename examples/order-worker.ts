/**
 * Charges orders. A message can be delivered twice, for example after a crash between the charge and the
 * ack, so the charge carries an idempotency key made from the order: the payment provider makes it once.
 */
import { Millrace, Reject, Worker } from '@millrace/client';

interface Order {
  readonly id: string;
  readonly cents: number;
  readonly card: string;
}

const { PAYMENTS_URL = 'http://127.0.0.1:9001' } = process.env;

const orders = new Millrace().queue<Order>('order-charges');
await orders.create({ maxRetries: 10 });

new Worker(
  orders,
  async ({ payload: order }, { signal }) => {
    const answer = await charge(order, signal);
    // Declined. No retry would change that, so a person decides: the order is a dead letter.
    if (answer.status === 402) throw new Reject(`the card of order ${order.id} was declined`);
    if (!answer.ok) throw new Error(`the payment provider answered ${answer.status}`);
    console.log(`charged order ${order.id}`);
  },
  { concurrency: 20, handlerTimeoutMs: 30_000, signals: true },
);

function charge({ id, cents, card }: Order, signal: AbortSignal): Promise<Response> {
  return fetch(`${PAYMENTS_URL}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `order-${id}` },
    body: JSON.stringify({ cents, card }),
    signal,
  });
}
