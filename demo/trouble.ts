import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pick, sometimes } from './chance.js';
import type { Scene } from './stage.js';

const newsletters: Scene = {
  queue: 'newsletters',
  about: 'nobody consumes',
  async play(stage) {
    const queue = await stage.queue('newsletters');
    await queue.publishBatch(Array.from({ length: 50 }, (_, issue) => ({ payload: { issue } })));
    stage.every(1_000, () => queue.publish({ issue: 51 }));
  },
};

interface Import {
  readonly file: string;
  readonly sku?: string;
}

const imports: Scene = {
  queue: 'imports',
  about: 'a producer leaves out a field, so the consumer fails and the dead letters grow',
  async play(stage) {
    const queue = await stage.queue<Import>('imports', { maxRetries: 1 });
    stage.every(500, () => {
      const row: Import = { file: 'catalogue.csv' };
      return queue.publish(sometimes(0.5) ? row : { ...row, sku: 'A-100' });
    });
    stage.work(
      queue,
      ({ payload }) => {
        if (payload.sku === undefined) throw new Error('the field sku is missing');
      },
      { backoff: () => 1 },
    );
  },
};

const webhooks: Scene = {
  queue: 'webhooks',
  about: 'the receiver of the pushes is down, so the breaker is open',
  async play(stage) {
    const queue = await stage.queue('webhooks');
    await queue.pushSubscribe(`http://127.0.0.1:${await portOfNobody()}/hooks`);
    stage.every(500, () => queue.publish({ event: 'order.shipped' }));
  },
};

const ACCOUNTS = ['account-1', 'account-2', 'account-3', 'account-4'];

const payments: Scene = {
  queue: 'payments',
  about: 'one message that always fails blocks its message group, account-3',
  async play(stage) {
    const settings = { type: 'fifo', maxRetries: 1_000 } as const;
    const queue = await stage.queue<{ cents: number | string }>('payments', settings);
    await queue.publish({ cents: 'twelve' }, { messageGroupId: 'account-3' });
    stage.every(400, () => queue.publish({ cents: 1_200 }, { messageGroupId: pick(ACCOUNTS) }));
    stage.work(
      queue,
      ({ payload: { cents } }) => {
        if (typeof cents !== 'number') throw new Error('cents is not a number');
      },
      { backoff: () => 5 },
    );
  },
};

const thumbnails: Scene = {
  queue: 'thumbnails',
  about: 'the consumer is slower than the producer, so the age of the oldest message climbs',
  async play(stage) {
    const queue = await stage.queue('thumbnails');
    stage.every(250, () => queue.publish({ picture: 'cat.png' }));
    stage.work(queue, (_picture, { signal }) => pause(1_000, undefined, { signal }), {
      concurrency: 1,
    });
  },
};

const notifications: Scene = {
  queue: 'notifications',
  about: 'the push subscription is paused',
  async play(stage) {
    const queue = await stage.queue('notifications');
    const { url, secret } = await stage.receiver(() => undefined);
    const { subscriptionId } = await queue.pushSubscribe(url, { secret });
    await queue.pushPause(subscriptionId);
    stage.every(700, () => queue.publish({ device: 'phone' }));
  },
};

/** A port at which nobody listens. */
async function portOfNobody(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Queues in trouble, each of another kind, for somebody who wants to find out why. */
export const TROUBLE: readonly Scene[] = [
  newsletters,
  imports,
  webhooks,
  payments,
  thumbnails,
  notifications,
];
