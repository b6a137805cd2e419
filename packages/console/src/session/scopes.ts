import type { KeyRecord } from '@millrace/client';

export type Scope = KeyRecord['scopes'][number];

const OF_MANAGE: readonly Scope[] = ['publish', 'consume', 'read', 'manage'];

/** Whether a key with the scopes `granted` may make a call that needs `needed`. */
export function scopeAllows(granted: readonly Scope[], needed: Scope): boolean {
  if (granted.includes('admin') || granted.includes(needed)) return true;
  return granted.includes('manage') && OF_MANAGE.includes(needed);
}
