import type { CreateRequest } from './ledger/ledger-events.js';
import { type SettingCalls, valuesEver } from './load/queue-settings.js';

/** How many failures of each kind the messages of a queue may have before the one that ends them. */
export interface FailureBudgets {
  readonly maxRetries: number;
  readonly maxExpiredLeases: number;
}

/** All queues of a ledger are created with a number of retries, which the other budget follows. */
export const budgetsOf = ({
  maxRetries,
  maxExpiredLeases = maxRetries,
}: CreateRequest): FailureBudgets => ({ maxRetries, maxExpiredLeases });

/** The smallest number of failures, of either kind, after which a message becomes a dead letter. */
export function failuresToDie(settings: CreateRequest | undefined): number {
  return fewestToDie(settings === undefined ? undefined : budgetsOf(settings));
}

export function fewestToDie(budgets: FailureBudgets | undefined): number {
  if (budgets === undefined) return 1;
  return 1 + Math.min(budgets.maxRetries, budgets.maxExpiredLeases);
}

const FEW = 10;

/** True when a few failures of either kind make dead letters of its messages. */
export function isBrittle(settings: CreateRequest | undefined): boolean {
  if (settings === undefined) return false;
  const { maxRetries, maxExpiredLeases } = budgetsOf(settings);
  return Math.max(maxRetries, maxExpiredLeases) < FEW;
}

/** The smallest and largest budgets that a queue ever had. */
export function budgetsEver(
  history: SettingCalls,
  queue: string,
): { readonly least: FailureBudgets; readonly most: FailureBudgets } | undefined {
  if (!history.queues.has(queue)) return undefined;
  const retries = numbers(valuesEver(history, queue, 'maxRetries'));
  const given = valuesEver(history, queue, 'maxExpiredLeases');
  const expired = given.flatMap((value) => value ?? retries);
  const bound = (of: (...values: number[]) => number): FailureBudgets => ({
    maxRetries: of(...retries),
    maxExpiredLeases: of(...expired),
  });
  return { least: bound(Math.min), most: bound(Math.max) };
}

const numbers = (values: readonly (number | undefined)[]): number[] =>
  values.flatMap((value) => value ?? []);
