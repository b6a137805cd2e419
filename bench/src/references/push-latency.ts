import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from '../load/load-tally.js';
import { killOnExit, stopChild } from '../servers/child-process.js';

export interface PacedJob {
  port: number;
  apiKey: string;
  queue: string;
  everyMs: number;
  warmupMs: number;
  durationMs: number;
}

/** A process that both publishes and receives, so that both times come from the same clock. */
export interface PushLatencyProbe {
  /** The url for the pushes. */
  url: string;
  /** Publishes at a fixed pace; each unit of the result is the latency of one message. */
  run(job: PacedJob): Promise<LoadResult>;
  stop(): Promise<void>;
}

const childFile = fileURLToPath(new URL('./push-latency-child.ts', import.meta.url));

export async function startPushLatencyProbe(): Promise<PushLatencyProbe> {
  const child = fork(childFile, { execArgv: ['--import', 'tsx'] });
  killOnExit(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the push latency probe ended early (${code})`);
  });
  ended.catch(() => undefined);
  const message = async (): Promise<unknown> => {
    const [first] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    return first;
  };
  const port = (await message()) as number;
  return {
    url: `http://127.0.0.1:${port}/`,
    run(job) {
      child.send(job);
      return message() as Promise<LoadResult>;
    },
    stop: () => stopChild(child),
  };
}
