import type { ErrorDetail } from '@millrace/protocol';
import { type Refusal, refuse } from '../../core/refusal.js';

/** The most faults that a refusal names; the search ends when they are found. */
export const DETAILS_MAX = 10;

/** @param details one for each wrong field, at least one */
export function invalidFields(details: readonly ErrorDetail[]): Refusal {
  const [first] = details as [ErrorDetail];
  return refuse('INVALID_REQUEST', `${first.path.slice(1)} ${first.message}`, {
    hint: 'Correct the fields that are listed in details.',
    details,
  });
}

/** The refusal of validation for a list that is too long, for a scan that stops before its end. */
export const tooManyItems = (path: string, maxItems: number): Refusal =>
  invalidFields([{ path, message: `must NOT have more than ${maxItems} items` }]);
