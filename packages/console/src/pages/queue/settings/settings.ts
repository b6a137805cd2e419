import type { QueueRecord, UpdateParams } from '@millrace/client';

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
