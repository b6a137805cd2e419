import { monotonicMs, setSystemTimer } from '../core/clock.js';
import { causeOf } from '../core/fault.js';
import type { Log } from '../core/log.js';
import type { Store } from '../core/store/store.js';

/** How long a stop waits for a store that does not answer, once no call waits for it any more. */
const AWAY_MS = 2_000;
/** The process is ended by force soon after this time of its stop. */
const STOP_MS = 8_500;
/** Even after a long wait for calls, a store that works has time to say so. */
const ASKED_MIN_MS = 300;
const PAUSE_MS = 100;
/** A little longer than the dispatcher waits for the receivers. */
const PUSHES_WITHIN_MS = 7_500;

/** Resolves when no push is under way; what they left to write may still be waiting for the store. */
export async function pushesEnded(
  pushesUnderWay: () => number,
  stopped: Promise<void>,
): Promise<void> {
  const untilMs = monotonicMs() + PUSHES_WITHIN_MS;
  while (pushesUnderWay() > 0 && monotonicMs() < untilMs) {
    await Promise.race([stopped, pause(PAUSE_MS)]);
  }
}

/**
 * Runs what a stop still writes after all answers: statistics, refusals, who fetched last. A store that is
 * away would keep the process from ending, and an operator who restarts nodes then would see a failure;
 * none of this was promised to anybody.
 *
 * @param stoppedAtMs when the stop began, on the monotonic clock
 */
export async function finishWrites(
  store: Pick<Store, 'read'>,
  log: Log,
  stoppedAtMs: number,
  writes: () => Promise<void>,
): Promise<void> {
  const nowMs = monotonicMs();
  const untilMs = Math.max(Math.min(nowMs + AWAY_MS, stoppedAtMs + STOP_MS), nowMs + ASKED_MIN_MS);
  let cause: unknown;
  while (monotonicMs() < untilMs) {
    cause = await failureOf(store.read({ kind: 'ping' }), untilMs - monotonicMs());
    if (cause === undefined) return writes();
    await pause(PAUSE_MS);
  }
  log.warn(
    'the store does not answer: the last refusals, uses of keys, fetches and statistics of this node were not written',
    { cause: causeOf(cause) },
  );
  // This also closes the connections, should the process live on.
  writes().catch(() => undefined);
}

/** @returns undefined if it succeeds in time, else why not */
function failureOf(work: Promise<unknown>, withinMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const tooLate = new Error(`no answer within ${Math.round(withinMs)} ms`);
    const cancel = setSystemTimer(() => resolve(tooLate), withinMs);
    work.then(() => resolve(undefined), resolve).finally(cancel);
  });
}

const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setSystemTimer(resolve, durationMs);
  });
