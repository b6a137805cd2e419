import { setTimeout as pause } from 'node:timers/promises';
import { Millrace, Worker } from '@millrace/client';
import type { HandlerReport } from './handler-log.js';

/** Longer than a process may have to wait for a core: one that stands still cannot abort its handlers. */
const LEASE_SECONDS = 10;

/** A worker process of the chaos test: its handlers take a little while and say what they do. */
const report = (line: HandlerReport): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const worker = new Worker(
  new Millrace({ timeoutMs: 5_000 }).queue<number>(process.env.QUEUE ?? ''),
  async ({ payload, messageId, deliveryCount }, { signal }) => {
    const delivery = { messageId, deliveryCount, payload };
    report({ ...delivery, what: 'begun', atMs: Date.now() });
    signal.addEventListener('abort', () =>
      report({ ...delivery, what: 'aborted', atMs: Date.now() }),
    );
    // A few take longer than a lease.
    await pause(Math.random() < 0.001 ? 1_500 * LEASE_SECONDS : Math.random() * 10);
    report({ ...delivery, what: 'done', atMs: Date.now() });
  },
  { concurrency: 16, visibilityTimeout: LEASE_SECONDS, waitSeconds: 0.5, signals: true },
);
// Now signals are heard.
worker.on('started', () => process.stdout.write('started\n'));
// An outage is no news here.
worker.on('callFailed', () => undefined);
