import type { QueueRecord, UpdateParams } from '@millrace/client';
import { formatCount } from '../../../design/format.js';

/** What was typed into the form. */
export interface Settings {
  readonly maxRetries: number | string;
  readonly maxExpiredLeases: number | string;
  readonly visibilityTimeoutDefault: number | string;
  readonly messageRetentionDays: number | string;
  readonly deadLetterQueue: string;
  readonly enablePriority: boolean;
}

export const settingsOf = (record: QueueRecord): Settings => ({
  maxRetries: record.maxRetries,
  maxExpiredLeases: record.maxExpiredLeases,
  visibilityTimeoutDefault: record.visibilityTimeoutDefault,
  messageRetentionDays: record.messageRetentionDays,
  deadLetterQueue: record.deadLetterQueue ?? '',
  enablePriority: record.enablePriority,
});

/**
 * The settings that differ from those of the queue. A number that was emptied stays as it is, except
 * the expired leases: their default follows the retries, and null restores it.
 */
export function changesOf(record: QueueRecord, settings: Settings): UpdateParams {
  const before = settingsOf(record);
  const changes: Record<string, unknown> = {};
  for (const name of Object.keys(before) as (keyof Settings)[]) {
    const value = settings[name];
    if (value === before[name]) continue;
    if (name === 'deadLetterQueue') changes[name] = value === '' ? null : value;
    else if (value !== '') changes[name] = value;
    else if (name === 'maxExpiredLeases') changes[name] = null;
  }
  return changes;
}

/**
 * Whether the number of expired leases may change with what is saved, although nobody has changed it. If it
 * was never set, it follows the retries, and ends being 1,000 on a standard queue; a record shows only the
 * number in force.
 */
export function movesExpiredLeases(record: QueueRecord, changes: UpdateParams): boolean {
  const { maxRetries, maxExpiredLeases, type } = record;
  if (changes.maxExpiredLeases !== undefined) return false;
  const isDefault =
    maxExpiredLeases === maxRetries || (type === 'standard' && maxExpiredLeases === UNSET_LEASES);
  const isGiven = changes.maxRetries !== undefined || changes.deadLetterQueue !== undefined;
  return isDefault && isGiven && (changes.maxRetries ?? maxRetries) !== maxExpiredLeases;
}

/** In force on a standard queue to which neither retries nor a dead-letter queue were ever given. */
const UNSET_LEASES = 1_000;

/** What has come of a change, with what has changed beside it. */
export function savedInWords(
  before: QueueRecord,
  after: QueueRecord,
  changes: UpdateParams,
): string {
  const hasMoved = after.maxExpiredLeases !== before.maxExpiredLeases;
  return hasMoved && changes.maxExpiredLeases === undefined
    ? `Saved. Expired leases followed the retries: ${formatCount(after.maxExpiredLeases)} now, ${formatCount(before.maxExpiredLeases)} before.`
    : 'Saved.';
}
