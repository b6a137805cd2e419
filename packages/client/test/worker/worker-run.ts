import { setTimeout as pause } from 'node:timers/promises';
import {
  type ConsumedQueue,
  type Handler,
  Worker,
  type WorkerEvent,
  type WorkerEvents,
  type WorkerOptions,
} from '@millrace/client';
import { onTestFinished } from 'vitest';

type Seen = { [Name in WorkerEvent]: { name: Name; event: WorkerEvents[Name] } }[WorkerEvent];

const EVENTS: WorkerEvent[] = [
  'started',
  'paused',
  'resumed',
  'stopping',
  'stopped',
  'fetched',
  'acked',
  'retried',
  'deadLettered',
  'leaseLost',
  'released',
  'callFailed',
  'recovered',
];

/** A worker that is stopped with its test, and what it says. */
export class WorkerRun<T> {
  readonly seen: Seen[] = [];
  readonly worker: Worker<T>;

  constructor(queue: ConsumedQueue<T>, handler: Handler<T>, options: WorkerOptions = {}) {
    this.worker = new Worker(queue, handler, {
      waitSeconds: 0.2,
      stopTimeoutMs: 200,
      backoff: () => 0,
      ...options,
    });
    for (const name of EVENTS) {
      this.worker.on(name, (event) => this.seen.push({ name, event } as Seen));
    }
    onTestFinished(() => this.worker.stop());
  }

  events<Name extends WorkerEvent>(name: Name): WorkerEvents[Name][] {
    return this.seen.filter((seen) => seen.name === name).map(({ event }) => event as never);
  }

  count(name: WorkerEvent): number {
    return this.events(name).length;
  }
}

/** A handler that takes this long, and how many of its calls ran at once at most. */
export function timedWork(durationMs: number) {
  let now = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    now += 1;
    most = Math.max(most, now);
    await pause(durationMs);
    now -= 1;
  };
  return { work, most: () => most };
}

/** A promise that the test settles. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits until the signal is aborted. @returns its reason */
export const abortOf = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
