import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Reject } from '@millrace/client';
import { pick, sometimes } from './chance.js';
import type { Scene } from './stage.js';

const CUSTOMERS = ['ada', 'bob', 'cyd', 'dan', 'eve'];

const orders: Scene = {
  queue: 'orders',
  about: 'a producer and a consumer, both well',
  async play(stage) {
    const queue = await stage.queue('orders');
    stage.every(250, () =>
      queue.publish({ order: randomUUID(), customer: pick(CUSTOMERS), cents: 4_200 }),
    );
    stage.work(queue, (_order, { signal }) => pause(100, undefined, { signal }));
  },
};

const invoices: Scene = {
  queue: 'invoices',
  about: 'a consumer that fails: most messages succeed on a retry, a few are dead letters',
  async play(stage) {
    const queue = await stage.queue('invoices', { maxRetries: 5 });
    stage.every(500, () => queue.publish({ invoice: randomUUID(), customer: pick(CUSTOMERS) }));
    stage.work(
      queue,
      async (_invoice, { signal }) => {
        await pause(200, undefined, { signal });
        if (sometimes(0.02)) throw new Reject('the customer has moved');
        if (sometimes(0.3)) throw new Error('the printer is out of paper');
      },
      { backoff: () => 2 },
    );
  },
};

const mails: Scene = {
  queue: 'mails',
  about: 'pushed to a receiver that is sometimes slow and sometimes fails',
  async play(stage) {
    const queue = await stage.queue('mails', { maxRetries: 10 });
    const { url, secret } = await stage.receiver(async () => {
      if (sometimes(0.1)) await pause(2_000);
      if (sometimes(0.1)) throw new Error('the mail server is busy');
    });
    await queue.pushSubscribe(url, { secret });
    stage.every(300, () => queue.publish({ to: `${pick(CUSTOMERS)}@example.com` }));
  },
};

const reports: Scene = {
  queue: 'reports',
  about: 'messages with a delay, by priority',
  async play(stage) {
    const queue = await stage.queue('reports', { enablePriority: true });
    stage.every(1_000, () =>
      queue.publish(
        { report: 'revenue', customer: pick(CUSTOMERS) },
        { delaySeconds: 10, priority: sometimes(0.2) ? 9 : 0 },
      ),
    );
    stage.work(queue, (_report, { signal }) => pause(1_500, undefined, { signal }), {
      concurrency: 3,
    });
  },
};

const ledger: Scene = {
  queue: 'ledger',
  about: 'a FIFO queue with a message group for each account',
  async play(stage) {
    const queue = await stage.queue('ledger', { type: 'fifo' });
    stage.every(400, () =>
      queue.publish({ cents: pick([-500, 1_000, 2_500]) }, { messageGroupId: pick(CUSTOMERS) }),
    );
    stage.work(queue, (_booking, { signal }) => pause(300, undefined, { signal }));
  },
};

/** Queues as they usually are. */
export const USUAL: readonly Scene[] = [orders, invoices, mails, reports, ledger];
