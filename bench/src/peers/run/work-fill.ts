import { WARMUP_MS } from '../../comparison/compare.js';
import type { ClientJob, ClientResult } from './client-job.js';

/** How many times as fast as before a worker may be without its queue running dry. */
const HEADROOM = 2;
/** A worker is still slow at its start, so its pilot takes at least as long as a warm-up. */
const PILOT_MS = WARMUP_MS;
const PILOT_LIMIT_MS = 600_000;

/**
 * How many messages must wait before a run of `work` begins. How fast the worker is, earlier rounds tell,
 * or else a pilot.
 */
export async function fillFor(
  job: ClientJob,
  earlier: readonly ClientResult[],
  run: (job: ClientJob) => Promise<ClientResult>,
): Promise<number> {
  const perSecond =
    earlier.length > 0
      ? Math.max(...earlier.map((result) => result.perSecond))
      : await pilotRate(job, run);
  const runMs = job.warmupMs + job.durationMs;
  const units = Math.ceil((HEADROOM * perSecond * runMs) / 1000);
  // A unit that has begun is completed.
  return (units + job.concurrency) * job.unitSize;
}

/** Has ever more messages handled, all of them each time, until that takes long enough. */
async function pilotRate(
  job: ClientJob,
  run: (job: ClientJob) => Promise<ClientResult>,
): Promise<number> {
  for (let unitLimit = job.concurrency; ; ) {
    const limits = { warmupMs: 0, durationMs: PILOT_LIMIT_MS, unitLimit };
    const { perSecond } = await run({ ...job, ...limits, fillCount: unitLimit * job.unitSize });
    if ((unitLimit * 1000) / perSecond >= PILOT_MS) return perSecond;
    unitLimit = Math.max(2 * unitLimit, Math.ceil((perSecond * PILOT_MS) / 1000));
  }
}
