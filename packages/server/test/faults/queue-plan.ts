import type { CreateRequest } from './ledger-events.js';

export interface QueuePlan {
  readonly settings: readonly CreateRequest[];
  /** Publishers use these; a dead letter queue is only consumed. */
  readonly publishTo: readonly string[];
  readonly all: readonly string[];
  /** No lease taken by this workload is asked to last longer. */
  readonly longestVisibilityMs: number;
}

/** So many retries that no run uses them up: what is missing from such a queue is lost. */
const NEVER_DEAD = 1_000;

/**
 * One queue for each way a message may go: never a dead letter, a dead letter kept in the queue,
 * and one moved to another queue, where the drain finds it again.
 */
export function planQueues(prefix: string, longestVisibilityMs: number): QueuePlan {
  const visibilityTimeoutMs = longestVisibilityMs;
  const name = (suffix: string) => `${prefix}-${suffix}`;
  const settings: CreateRequest[] = [
    { queue: name('steady-1'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('steady-2'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('brittle'), maxRetries: 2, visibilityTimeoutMs },
    { queue: name('parked-dead'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    {
      queue: name('parked'),
      maxRetries: 1,
      visibilityTimeoutMs,
      deadLetterQueue: name('parked-dead'),
    },
  ];
  const all = settings.map((setting) => setting.queue);
  const publishTo = all.filter((queue) => queue !== name('parked-dead'));
  return { settings, publishTo, all, longestVisibilityMs };
}
