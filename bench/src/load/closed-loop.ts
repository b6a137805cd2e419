import { type LoadResult, LoadTally, type TallyLimits } from './load-tally.js';

/** How long units may take after the end of the run. */
const DRAIN_MS = 30_000;

/**
 * The load of a client library: each caller begins its next unit when the last one has ended. A unit that
 * has begun is completed. Throws if a unit fails, or does not end.
 */
export async function closedLoop(
  limits: TallyLimits,
  callers: number,
  unit: (caller: number) => Promise<unknown>,
): Promise<LoadResult> {
  const tally = new LoadTally(limits);
  const callInTurn = async (caller: number): Promise<void> => {
    for (;;) {
      const fromMs = performance.now();
      if (!tally.takeTurn(fromMs)) return;
      await unit(caller);
      tally.recordUnit(fromMs, performance.now());
    }
  };
  const limitMs = limits.warmupMs + limits.durationMs + DRAIN_MS;
  const impatience = AbortSignal.timeout(limitMs);
  const stuck = new Promise<never>((_, reject) => {
    impatience.onabort = () =>
      reject(new Error(`calls are still under way ${DRAIN_MS / 1000} s after the end of the run`));
  });
  const calls = Promise.all(Array.from({ length: callers }, (_, caller) => callInTurn(caller)));
  await Promise.race([calls, stuck]);
  return tally.result();
}
