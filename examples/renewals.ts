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
new Worker(ended, ({ payload }) => end(payload), { signals: true });

/**
 * The keys make a second delivery harmless: a try charges once, and the next step is published once.
 */
async function renew(renewal: Renewal): Promise<void> {
  const { subscription, period, refusals = 0 } = renewal;
  if ((await bill('charge', renewal)) === 'done') return;
  const delaySeconds = SCHEDULE[refusals];
  const next = { subscription, period, refusals: refusals + 1 };
  const idempotencyKey = `${subscription}-${period}-${next.refusals}`;
  if (delaySeconds === undefined) await ended.publish(next, { idempotencyKey });
  else await renewals.publish(next, { delaySeconds, idempotencyKey });
}

async function end(renewal: Renewal): Promise<void> {
  if ((await bill('end', renewal)) === 'refused') throw new Error('the end was refused');
}

/** What else goes wrong is thrown, so that the worker tries it again. */
async function bill(action: 'charge' | 'end', renewal: Renewal): Promise<'done' | 'refused'> {
  const { subscription, period, refusals = 0 } = renewal;
  const answer = await fetch(`${BILLING_URL}/subscriptions/${subscription}/${action}`, {
    method: 'POST',
    headers: { 'idempotency-key': `${action}-${subscription}-${period}-${refusals}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.status === 402) return 'refused';
  if (!answer.ok) throw new Error(`${action} was answered ${answer.status}`);
  console.log(`${action} ${subscription}`);
  return 'done';
}
