import { type Clock, monotonicMs } from '../core/clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import { countSince, type RemovalPace, removedPerStep } from '../core/engine/removal-pace.js';
import { SteppedJob } from './background-job.js';

/**
 * Small steps, each followed by a pause as long as the step took, so that purging a million messages
 * hardly slows down other queues, and is soon done if no other queue is busy. If several nodes share a
 * store, commit groups run side by side, and steps are longer, since other nodes may be publishing.
 */
const PACE: Record<'alone' | 'shared', RemovalPace> = {
  alone: { least: 60, most: 4_000 },
  shared: { least: 1_000, most: 4_000 },
};
const PAUSE_MIN_MS = 1;
const PAUSE_MAX_MS = 100;
/** When to look again: the commit of another node may come late, or may have locked a message. */
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
    // Another node may have purged a queue and died.
    return outcome.looksAgain || isShared ? AGAIN_MS : null;
  });
};
