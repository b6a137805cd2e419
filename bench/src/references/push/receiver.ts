import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult } from '../../load/load-tally.js';
import { forkChild, nextMessage, stopChild } from '../../servers/child-process.js';

/** What a receiver has answered so far. */
export interface Received {
  atMs: number;
  cpuMs: number;
  /** Requests that were answered with 200 at once, whatever their path. */
  answered: number;
  /** The headers of the last of these requests. */
  lastHeaders: Record<string, string>;
  lastBody: string;
}

/** A node:http server in a separate process that receives pushes and posts. */
export interface Receiver {
  /** Answers 200 once the body has arrived; the paths `hang`, `error` and `drip` misbehave as named. */
  url(path: string): string;
  received(): Promise<Received>;
  stop(): Promise<void>;
}

const NAME = 'the receiver';

export async function startReceiver(): Promise<Receiver> {
  const child = forkChild(new URL('./receiver-child.ts', import.meta.url));
  const port = await nextMessage<number>(child, NAME);
  return {
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    received() {
      child.send('received');
      return nextMessage(child, NAME);
    },
    stop: () => stopChild(child),
  };
}

/** Counts the requests that are answered during this time. */
export async function arrivals(receiver: Receiver, durationMs: number): Promise<LoadResult> {
  const before = await receiver.received();
  await sleep(durationMs);
  const after = await receiver.received();
  const tookMs = after.atMs - before.atMs;
  const completed = after.answered - before.answered;
  return {
    units: after.answered,
    completed,
    perSecond: (completed * 1000) / tookMs,
    // There is no latency to measure here: a push is a request of the server.
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    measuredAnswers: completed,
    answered: after.answered,
    errors: 0,
    nonSuccess: 0,
    cpuShare: (after.cpuMs - before.cpuMs) / tookMs,
  };
}
