/**
 * Renews subscriptions. A card that is refused is tried again an hour later, then after one, three and
 * seven days; then the subscription ends. The queue keeps the schedule: no process has to remember it.
 */
import { Millrace, Worker } from '@millrace/client';

interface Renewal {
  readonly subscription: string;
  readonly period: string;
}

const { BILLING_URL = 'http://127.0.0.1:9005' } = process.env;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const SCHEDULE = [HOUR, DAY, 3 * DAY, 7 * DAY];

const millrace = new Millrace();
// The whole schedule takes eleven days, and the retention must be longer than that.
const failed = millrace.queue<Renewal>('renewals-failed');
await failed.create({ messageRetentionDays: 30 });
const renewals = millrace.queue<Renewal>('renewals');
await renewals.create({
  maxRetries: SCHEDULE.length,
  deadLetterQueue: failed.name,
  messageRetentionDays: 30,
});

new Worker(renewals, ({ payload }) => bill('charge', payload), {
  backoff: (attempt) => SCHEDULE[attempt - 1] ?? 0,
  signals: true,
});
new Worker(failed, ({ payload }) => bill('end', payload), { signals: true });

/** The key makes a second delivery harmless: a period is charged once, and a subscription ends once. */
async function bill(action: 'charge' | 'end', { subscription, period }: Renewal): Promise<void> {
  const answer = await fetch(`${BILLING_URL}/subscriptions/${subscription}/${action}`, {
    method: 'POST',
    headers: { 'idempotency-key': `${action}-${subscription}-${period}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`${action} was answered ${answer.status}`);
  console.log(`${action} ${subscription}`);
}
