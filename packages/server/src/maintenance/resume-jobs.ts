import type { GroupCommit } from '../core/group-commit.js';
import { finishJob } from '../core/queue-service.js';
import type { Store } from '../core/store.js';
import { SteppedJob } from './background-job.js';

/** Goes on with the redrives and purges of dead letters that a stop or a crash cut short. */
export const createJobResumption = (store: Store, commit: GroupCommit): SteppedJob =>
  new SteppedJob(store.clock, async () => {
    for (const jobId of await store.read({ kind: 'unfinishedJobs' })) {
      const outcome = await finishJob(commit, jobId);
      if (!outcome.ok) throw new Error(outcome.message);
    }
    return null;
  });
