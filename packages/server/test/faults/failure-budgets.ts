import type { CreateRequest } from './ledger-events.js';

/** How many failures of each kind the messages of a queue may have before the one that ends them. */
export interface FailureBudgets {
  readonly maxRetries: number;
  readonly maxExpiredLeases: number;
}

/** All queues of a ledger are made with a number of retries, which the other budget follows. */
export const budgetsOf = ({
  maxRetries,
  maxExpiredLeases = maxRetries,
}: CreateRequest): FailureBudgets => ({ maxRetries, maxExpiredLeases });

/** A message needs at least so many failures, of whichever kind, to become a dead letter. */
export function failuresToDie(settings: CreateRequest | undefined): number {
  if (settings === undefined) return 1;
  const { maxRetries, maxExpiredLeases } = budgetsOf(settings);
  return 1 + Math.min(maxRetries, maxExpiredLeases);
}

const FEW = 10;

/** Failures of either kind soon make dead letters of its messages. */
export function isBrittle(settings: CreateRequest | undefined): boolean {
  if (settings === undefined) return false;
  const { maxRetries, maxExpiredLeases } = budgetsOf(settings);
  return Math.max(maxRetries, maxExpiredLeases) < FEW;
}
