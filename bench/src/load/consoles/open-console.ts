import type { Millrace } from '@millrace/client';
import {
  DEPTHS_INTERVAL_MS,
  isReadOften,
  listIntervalMs,
  READINESS_INTERVAL_MS,
  readHour,
  readQueues,
  readStatsOf,
  VISIBLE_INTERVAL_MS,
} from '../../../../packages/console/src/api/overview-calls.js';
import {
  readReceiverTrouble,
  receiverIntervalMs,
} from '../../../../packages/console/src/trouble/receiver-trouble.js';

export interface Overview {
  millrace: Millrace;
  queueCount: number;
  /** The queues whose rows are visible; all of them are in trouble. */
  visible: readonly string[];
  readReadiness(): Promise<unknown>;
}

/**
 * Repeats the calls of an overview that somebody keeps open, as often as the console does.
 *
 * @param phase from 0 to 1: how far into each interval it is at the start
 * @returns a function that ends it once its calls are answered
 */
export function keepOpen(
  { millrace, queueCount, visible, readReadiness }: Overview,
  phase: number,
  failed: (error: unknown) => void,
): () => Promise<unknown> {
  const ofRows = (read: (queue: string) => Promise<unknown>) => () =>
    Promise.all(visible.map(read));
  const repeated = [
    repeat(listIntervalMs(queueCount), () => readQueues(millrace, undefined, () => {})),
    repeat(
      DEPTHS_INTERVAL_MS,
      ofRows((queue) => readHour(millrace, queue)),
    ),
    repeat(
      receiverIntervalMs(null),
      ofRows((queue) => readReceiverTrouble(millrace, queue)),
    ),
    repeat(READINESS_INTERVAL_MS, readReadiness),
  ];
  if (!isReadOften(queueCount)) {
    repeated.push(repeat(VISIBLE_INTERVAL_MS, () => readAllStats(millrace, visible)));
  }
  return () => Promise.all(repeated.map((end) => end()));

  function repeat(intervalMs: number, call: () => Promise<unknown>): () => Promise<unknown> {
    let underWay: Promise<unknown> = Promise.resolve();
    let timer = setTimeout(run, phase * intervalMs);
    let isEnded = false;
    function run(): void {
      underWay = call()
        .catch(failed)
        .finally(() => {
          if (!isEnded) timer = setTimeout(run, intervalMs);
        });
    }
    return () => {
      isEnded = true;
      clearTimeout(timer);
      return underWay;
    };
  }
}

async function readAllStats(millrace: Millrace, queues: readonly string[]): Promise<void> {
  const answers = await readStatsOf(millrace, queues);
  if (answers.length < queues.length) throw new Error('a call of stats was refused');
}
