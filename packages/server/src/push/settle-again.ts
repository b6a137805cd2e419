import type { Outcome } from '../core/commands.js';

export const SETTLE_AGAIN_AFTER_MS = 500;

const CODES = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN']);

/** Whether to settle again: nothing was done, or a repetition does no harm. */
export const worthAnotherTry = (outcome: Outcome): boolean =>
  !outcome.ok && CODES.has(outcome.code);
