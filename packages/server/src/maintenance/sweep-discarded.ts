import { type Clock, monotonicMs } from '../core/clock.js';
import type { GroupCommit } from '../core/engine/group-commit.js';
import { countSince, type RemovalPace, removedPerStep } from '../core/engine/removal-pace.js';
import { SteppedJob } from './background-job.js';

/**
 * Small steps, and after each a pause as long as it took, so that purging a million messages is
 * hardly felt by other queues, and is soon done where there are none. Where several nodes share a
 * store, commit groups go side by side and a step may be longer, since it may be others that publish.
 */
const PACE: Record<'alone' | 'shared', RemovalPace> = {
  alone: { least: 60, most: 4_000 },
  shared: { least: 1_000, most: 4_000 },
};
const PAUSE_MIN_MS = 1;
const PAUSE_MAX_MS = 100;
/** Another node's commit may come late, or hold a message. */
const AGAIN_MS = 90_000;

/** Removes the messages of queues that were purged or deleted. */
export const createDiscardedSweep = (
  commit: GroupCommit,
  clock: Clock,
  isShared: boolean,
): SteppedJob => {
  const pace = isShared ? PACE.shared : PACE.alone;
  const published = countSince(() => commit.messagesPublished());
  return new SteppedJob(clock, async () => {
    const startedMs = monotonicMs();
    const limit = removedPerStep(published(), pace);
    const outcome = await commit.submit({ kind: 'sweepDiscarded', limit });
    const tookMs = monotonicMs() - startedMs;
    if (!outcome.ok) throw new Error(outcome.message);
    if (outcome.more) return Math.min(Math.max(tookMs, PAUSE_MIN_MS), PAUSE_MAX_MS);
    return outcome.looksAgain ? AGAIN_MS : null;
  });
};
