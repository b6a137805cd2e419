import type { Log } from '../log.js';
import type { Refusal } from '../refusal.js';

/** What every store tells the operator, in the same words. */

/** @param from the schema that the store had; 0 where it was made now */
export function tellMigration(log: Log, from: number, to: number): void {
  if (from === to) return;
  if (from === 0) log.info('the store was made', { schema: to });
  else log.info('the schema of the store was migrated', { from, to });
}

/** Whoever asked is answered without the cause, and background work asks for itself. */
export function tellFault(log: Log, { code, fault }: Refusal): void {
  if (code !== 'INTERNAL' || fault === undefined) return;
  log.counted('error', 'a command failed in the store', { cause: fault.cause }, fault);
}

/** Closer together, clocks are as good as equal. */
const BEHIND_MS = 5_000;

/** @param earliestMs the last time that the store has seen */
export function tellClockBehind(log: Log, wallMs: number, earliestMs: number): void {
  const behindMs = earliestMs - wallMs;
  if (behindMs < BEHIND_MS) return;
  log.warn('the clock of this machine is behind what the store has seen; time goes on from there', {
    behind_ms: behindMs,
  });
}
