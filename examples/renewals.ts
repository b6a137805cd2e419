/**
 * Renews subscriptions. A card that is refused is tried again an hour later, then after one, three and
 * seven days; then the subscription ends. The queue keeps the schedule: no process has to remember it.
 *
 * How often the card was refused stands in the message. The number of deliveries would not do: a worker
 * that stops returns what it has not begun, and that is a delivery, too.
 */
import { Millrace, Worker } from '@millrace/client';

interface Renewal {
  readonly subscription: string;
  readonly period: string;
  /** How often the card was refused; absent: never. */
  readonly refusals?: number;
}

const { BILLING_URL = 'http://127.0.0.1:9005' } = process.env;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const SCHEDULE = [HOUR, DAY, 3 * DAY, 7 * DAY];

const millrace = new Millrace();
const ended = millrace.queue<Renewal>('renewals-ended');
await ended.create({ maxRetries: 100 });
const renewals = millrace.queue<Renewal>('renewals');
await renewals.create({ maxRetries: 100 });

new Worker(renewals, ({ payload }) => renew(payload), { signals: true });
new Worker(ended, async ({ payload }) => void (await bill('end', payload)), { signals: true });

/** The keys make a second delivery harmless: it is charged once, and the next step is published once. */
async function renew(renewal: Renewal): Promise<void> {
  const { subscription, period, refusals = 0 } = renewal;
  if (await bill('charge', renewal)) return;
  const delaySeconds = SCHEDULE[refusals];
  const next = { subscription, period, refusals: refusals + 1 };
  const idempotencyKey = `${subscription}-${period}-${next.refusals}`;
  if (delaySeconds === undefined) await ended.publish(next, { idempotencyKey });
  else await renewals.publish(next, { delaySeconds, idempotencyKey });
}

/** @returns false if the card was refused; what else goes wrong is tried again by the worker */
async function bill(action: 'charge' | 'end', renewal: Renewal): Promise<boolean> {
  const { subscription, period, refusals = 0 } = renewal;
  const answer = await fetch(`${BILLING_URL}/subscriptions/${subscription}/${action}`, {
    method: 'POST',
    headers: { 'idempotency-key': `${action}-${subscription}-${period}-${refusals}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.status === 402) return false;
  if (!answer.ok) throw new Error(`${action} was answered ${answer.status}`);
  console.log(`${action} ${subscription}`);
  return true;
}
