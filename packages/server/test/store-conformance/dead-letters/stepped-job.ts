import { setImmediate } from 'node:timers/promises';
import { createGroupCommit, type GroupCommit } from '#server/core/commit-groups/group-commit';
import type { SteppedJob } from '#server/maintenance/background-job';
import type { StoreSession } from '../store-session.js';

/** Creates a job whose steps the test can await. */
export function takeSteps(session: StoreSession, create: (commit: GroupCommit) => SteppedJob) {
  const commit = createGroupCommit(session.store);
  let step: Promise<unknown> = Promise.resolve();
  const job = create({
    ...commit,
    submit: (command, access) => {
      const outcome = commit.submit(command, access);
      step = outcome;
      return outcome;
    },
  });
  return {
    commit,
    job,
    async stepIsOver() {
      await step;
      await setImmediate();
    },
  };
}
