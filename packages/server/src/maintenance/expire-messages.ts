import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/group-commit.js';
import { countSince, removedPerStep } from '../core/removal-pace.js';
import { SteppedJob } from './background-job.js';

const PACE = { least: 500, most: 4_000 };
const PAUSE_MS = 10;
/** Where what is over is left, because somebody else holds it. */
const HELD_PAUSE_MS = 5_000;
/** A message that comes now lives for a day at least, so nothing is missed by sleeping so long. */
const LOOK_AGAIN_MS = 86_400_000;

/** Removes messages past their retention; it sleeps until the next one's time has come. */
export const createExpiry = (commit: GroupCommit, clock: Clock): SteppedJob => {
  let afterQueueId = 0;
  let nextAtMs: number | null = null;
  let roundBeganAtMs = 0;
  const published = countSince(() => commit.messagesPublished());
  return new SteppedJob(clock, async () => {
    if (afterQueueId === 0) roundBeganAtMs = clock.nowMs();
    const limit = removedPerStep(published(), PACE);
    const outcome = await commit.submit({ kind: 'expire', afterQueueId, limit });
    if (!outcome.ok) throw new Error(outcome.message);
    if (outcome.nextAtMs !== null) {
      nextAtMs = Math.min(nextAtMs ?? outcome.nextAtMs, outcome.nextAtMs);
    }
    if (outcome.nextQueueId !== null) {
      afterQueueId = outcome.nextQueueId;
      return PAUSE_MS;
    }
    const nowMs = clock.nowMs();
    const dueAtMs = nextAtMs ?? Number.POSITIVE_INFINITY;
    const delayMs =
      dueAtMs <= roundBeganAtMs
        ? HELD_PAUSE_MS
        : Math.min(LOOK_AGAIN_MS, Math.max(0, dueAtMs - nowMs));
    afterQueueId = 0;
    nextAtMs = null;
    return delayMs;
  });
};
