import type { Log } from '../log.js';
import type { Refusal } from '../refusal.js';

/** Log messages that every store writes in the same words. */

/** @param from the schema version that the store had; 0 if it was made just now */
export function tellMigration(log: Log, from: number, to: number): void {
  if (from === to) return;
  if (from === 0) log.info('the store was made', { schema: to });
  else log.info('the schema of the store was migrated', { from, to });
}

/** Logs the cause of a fault: no caller gets it, and background work has no caller. */
export function tellFault(log: Log, { code, fault }: Refusal): void {
  if (code !== 'INTERNAL' || fault === undefined) return;
  log.counted('error', 'a command failed in the store', { cause: fault.cause }, fault);
}

/** A smaller difference between clocks does not matter. */
const BEHIND_MS = 5_000;

/** @param earliestMs the last time that the store has recorded */
export function tellClockBehind(log: Log, wallMs: number, earliestMs: number): void {
  const behindMs = earliestMs - wallMs;
  if (behindMs < BEHIND_MS) return;
  log.warn("this machine's clock is behind the store's last time; time continues from there", {
    behind_ms: behindMs,
  });
}
