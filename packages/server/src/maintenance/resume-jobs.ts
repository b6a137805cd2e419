import { monotonicMs } from '../core/clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import type { Store } from '../core/store/store.js';
import { SteppedJob } from './background-job.js';

const JOBS_PER_LOOK = 100;

/**
 * Resumes redrives and purges of dead letters that a failure, a stop or a crash interrupted, one step
 * of each job in turn. If several nodes share a store, a job counts as abandoned when its position is
 * the same as at the last look. Two nodes may resume the same job without harm, because its steps
 * follow one another.
 */
export function createJobResumption(store: Store, commit: GroupCommit): SteppedJob {
  const isShared = store.safetyPollMs !== null;
  const turns: string[] = [];
  let positionsSeen = new Map<string, string>();
  let nextCheckMs = 0;

  const check = async (): Promise<void> => {
    const jobs = await store.read({ kind: 'unfinishedJobs', limit: JOBS_PER_LOOK });
    for (const { jobId, position } of jobs) {
      const isNobodys = !isShared || positionsSeen.get(jobId) === position;
      if (isNobodys && !turns.includes(jobId)) turns.push(jobId);
    }
    positionsSeen = new Map(jobs.map(({ jobId, position }) => [jobId, position]));
  };

  return new SteppedJob(store.clock, async () => {
    const nowMs = monotonicMs();
    if (nowMs >= nextCheckMs) {
      await check();
      nextCheckMs = nowMs + (store.safetyPollMs ?? 0);
    }
    const jobId = turns.shift();
    if (jobId === undefined) return store.safetyPollMs;
    const outcome = await commit.submit({ kind: 'stepJob', jobId });
    if (!outcome.ok || !outcome.finished) turns.push(jobId);
    if (!outcome.ok) throw new Error(outcome.message);
    return 0;
  });
}
