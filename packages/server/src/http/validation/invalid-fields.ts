import type { ErrorDetail } from '@millrace/protocol';
import { type Refusal, refuse } from '../../core/refusal.js';

/** So many faults are named at most; no more are looked for. */
export const DETAILS_MAX = 10;

/** @param details one for each field that is wrong, at least one */
export function invalidFields(details: readonly ErrorDetail[]): Refusal {
  const [first] = details as [ErrorDetail];
  return refuse('INVALID_REQUEST', `${first.path.slice(1)} ${first.message}`, {
    hint: 'Correct the fields that details names.',
    details,
  });
}

/** What validation says of a list, for those who need not read it to its end. */
export const tooManyItems = (path: string, maxItems: number): Refusal =>
  invalidFields([{ path, message: `must NOT have more than ${maxItems} items` }]);
