/**
 * Sends mail through a provider that allows so many a second. The worker keeps the leases of messages
 * that wait for their turn. The rate is that of one process: several share the limit between them.
 */
import { Millrace, Reject, Retry, Worker } from '@millrace/client';
import pThrottle from 'p-throttle';

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const { MAIL_URL = 'http://127.0.0.1:9004', MAILS_PER_SECOND = '10' } = process.env;
const limit = Number(MAILS_PER_SECOND);

const mails = new Millrace().queue<Mail>('outgoing-mails');
await mails.create({ maxRetries: 50 });

const atTheRate = pThrottle({ limit, interval: 1_000 });
const send = atTheRate((mail: Mail, messageId: string, signal: AbortSignal) =>
  fetch(`${MAIL_URL}/mails`, {
    method: 'POST',
    // A provider that knows this header does not send the same mail twice.
    headers: { 'content-type': 'application/json', 'idempotency-key': messageId },
    body: JSON.stringify(mail),
    signal,
  }),
);

new Worker(
  mails,
  async ({ messageId, payload: mail }, { signal }) => {
    const answer = await send(mail, messageId, signal);
    if (answer.status === 429) {
      const delaySeconds = pauseSeconds(answer.headers.get('retry-after'));
      throw new Retry('the provider asks for a pause', { delaySeconds });
    }
    if (answer.status === 422) throw new Reject(`${mail.to} is not an address`);
    if (!answer.ok) throw new Error(`the mail provider answered ${answer.status}`);
    console.log(`sent ${messageId}`);
  },
  { concurrency: 2 * limit, signals: true },
);

/** A Retry-After is a number of seconds or a date. Half a minute, if there is none that can be read. */
function pauseSeconds(retryAfter: string | null): number {
  const text = retryAfter ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? 30 : Math.max(0, seconds);
}
