import type { Queue } from '@millrace/client';

/** Which dead letters go back: those with these ids, or as many of all as there were. */
export type RedrivePlan =
  | { readonly kind: 'some'; readonly messageIds: readonly string[] }
  | { readonly kind: 'all'; readonly count: number };

export interface RedriveProgress {
  /** How many of the plan were dealt with. */
  readonly done: number;
  /** How many went back. The others were gone, or leased in their dead-letter queue. */
  readonly redriven: number;
}

type Redriven = Pick<Queue, 'dlq'>;

const BATCH_MESSAGES = 500;
const CONCURRENT_CALLS = 4;

export const sizeOf = (plan: RedrivePlan): number =>
  plan.kind === 'all' ? plan.count : plan.messageIds.length;

/** Redrives in steps, so that somebody can watch and stop it. What has gone back stays where it is. */
export async function redrive(
  queue: Redriven,
  plan: RedrivePlan,
  signal: AbortSignal,
  onProgress: (progress: RedriveProgress) => void,
): Promise<RedriveProgress> {
  return plan.kind === 'all'
    ? redriveAll(queue, plan.count, signal, onProgress)
    : redriveSome(queue, plan.messageIds, signal, onProgress);
}

/** Counts down from what there was: a message that dies again meanwhile is not redriven for ever. */
async function redriveAll(
  queue: Redriven,
  count: number,
  signal: AbortSignal,
  onProgress: (progress: RedriveProgress) => void,
): Promise<RedriveProgress> {
  let done = 0;
  while (done < count && !signal.aborted) {
    const maxMessages = Math.min(BATCH_MESSAGES, count - done);
    const { redriven } = await queue.dlq.redrive({ maxMessages });
    if (redriven === 0) break;
    done += redriven;
    onProgress({ done, redriven: done });
  }
  return { done, redriven: done };
}

async function redriveSome(
  queue: Redriven,
  messageIds: readonly string[],
  signal: AbortSignal,
  onProgress: (progress: RedriveProgress) => void,
): Promise<RedriveProgress> {
  const waiting = [...messageIds];
  let progress: RedriveProgress = { done: 0, redriven: 0 };
  const worker = async (): Promise<void> => {
    for (;;) {
      const messageId = waiting.shift();
      if (messageId === undefined || signal.aborted) return;
      const { redriven } = await queue.dlq.redrive({ messageId });
      progress = { done: progress.done + 1, redriven: progress.redriven + redriven };
      onProgress(progress);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, worker));
  return progress;
}
