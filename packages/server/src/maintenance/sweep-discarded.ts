import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/group-commit.js';
import { SteppedJob } from './background-job.js';

/** Small steps with pauses, so that purging a million messages is not felt by other queues. */
const MESSAGES_PER_STEP = 250;
const PAUSE_MS = 5;
/** Where several nodes share a store, another one's commit may have come late. */
const AGAIN_MS = 90_000;

/** Removes the messages of queues that were purged or deleted. */
export const createDiscardedSweep = (
  commit: GroupCommit,
  clock: Clock,
  isShared: boolean,
): SteppedJob => {
  let looksAgain = false;
  return new SteppedJob(clock, async () => {
    const outcome = await commit.submit({ kind: 'sweepDiscarded', limit: MESSAGES_PER_STEP });
    if (!outcome.ok) throw new Error(outcome.message);
    if (outcome.more) {
      looksAgain = isShared;
      return PAUSE_MS;
    }
    const again = looksAgain ? AGAIN_MS : null;
    looksAgain = false;
    return again;
  });
};
