import type { LoadResult } from '../../load/load-tally.js';
import { forkChild, nextMessage, stopChild } from '../../servers/child-process.js';

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

const NAME = 'the push latency probe';

export async function startPushLatencyProbe(): Promise<PushLatencyProbe> {
  const child = forkChild(new URL('./push-latency-child.ts', import.meta.url));
  const port = await nextMessage<number>(child, NAME);
  return {
    url: `http://127.0.0.1:${port}/`,
    run(job) {
      child.send(job);
      return nextMessage(child, NAME);
    },
    stop: () => stopChild(child),
  };
}
