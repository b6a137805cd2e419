import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import { countSince, removedPerStep } from '../core/engine/removal-pace.js';
import { SteppedJob } from './background-job.js';
import { RetentionEnds } from './retention-ends.js';

const PACE = { least: 500, most: 4_000 };
const PAUSE_MS = 10;
/** The pause before another try at an expired message that another transaction has locked. */
const HELD_PAUSE_MS = 5_000;
/**
 * A new message is kept for at least a day, but one that was delayed after a delivery, and so was not seen
 * here, may expire soon after its delay.
 */
const CHECK_ALL_EVERY_MS = 3_600_000;
const QUEUES_PER_STEP = 200;

/**
 * Removes messages past their retention. Once an hour, and when woken, the job looks at all queues. In
 * between it sleeps until a message expires, and then looks only at the queue of that message.
 */
export const createExpiry = (commit: GroupCommit, clock: Clock): SteppedJob => {
  const ends = new RetentionEnds();
  let walksAll = false;
  let afterQueueId = 0;
  const published = countSince(() => commit.messagesPublished());
  return new SteppedJob(clock, async (woken) => {
    const nowMs = clock.nowMs();
    if (woken || (!walksAll && nowMs >= ends.completeUntilMs)) {
      walksAll = true;
      afterQueueId = 0;
      ends.begin(nowMs + CHECK_ALL_EVERY_MS);
    }
    const due = walksAll ? undefined : ends.due(nowMs, QUEUES_PER_STEP);
    if (due === undefined || due.length > 0) {
      const outcome = await commit.submit({
        kind: 'expire',
        afterQueueId: walksAll ? afterQueueId : 0,
        ...(due && { queueIds: due }),
        limit: removedPerStep(published(), PACE),
      });
      if (!outcome.ok) throw new Error(outcome.message);
      const { nextQueueId } = outcome;
      for (const id of due ?? []) if (nextQueueId === null || id <= nextQueueId) ends.forget(id);
      for (const { queueId, atMs } of outcome.ends) {
        ends.note({ queueId, atMs: atMs > nowMs ? atMs : clock.nowMs() + HELD_PAUSE_MS });
      }
      if (nextQueueId !== null) {
        if (walksAll) afterQueueId = nextQueueId;
        return PAUSE_MS;
      }
      walksAll = false;
    }
    // A message that has expired meanwhile is removed at once.
    return Math.max(0, Math.min(CHECK_ALL_EVERY_MS, ends.nextAtMs() - clock.nowMs()));
  });
};
