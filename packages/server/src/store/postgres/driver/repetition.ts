import { monotonicMs, setSystemTimer } from '../../../core/clock.js';
import { isConflict, isConnectionLoss } from './errors.js';

/** When work that failed is tried again, unnoticed by its caller. */

const CONFLICTS_MAX = 8;
const PAUSE_MS = 20;
const PAUSE_MAX_MS = 250;
const WITHIN_MS = 5_000;

/** Waits for a database that restarts; a conflict that repeats too often is no coincidence. */
export function mayTryAgain(error: unknown, attempt: number, startedMs: number): boolean {
  if (monotonicMs() - startedMs >= WITHIN_MS) return false;
  return isConnectionLoss(error) || (isConflict(error) && attempt < CONFLICTS_MAX);
}

/** @throws the error of the last attempt */
export async function tryOften<T>(work: () => Promise<T>): Promise<T> {
  const startedMs = monotonicMs();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!mayTryAgain(error, attempt, startedMs)) throw error;
      await pauseBefore(attempt + 1);
    }
  }
}

/** The first repetition comes soon, later ones at a steady pace. */
export const pauseBefore = (attempt: number): Promise<void> =>
  new Promise((resolve) => {
    setSystemTimer(resolve, Math.min(PAUSE_MS * (attempt - 1), PAUSE_MAX_MS));
  });
