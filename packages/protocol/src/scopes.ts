/**
 * What a key may do. `manage` includes the three scopes before it, in the project of the key;
 * `metrics` gives access to `/metrics` and nothing else; `admin` includes all scopes.
 */
export const SCOPES = ['publish', 'consume', 'read', 'manage', 'metrics', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const OF_MANAGE: readonly Scope[] = ['publish', 'consume', 'read', 'manage'];

/** True if a key with the scopes `granted` may make a call that accepts any one of `accepted`. */
export function scopeAllows(granted: readonly Scope[], accepted: readonly Scope[]): boolean {
  if (granted.includes('admin')) return true;
  const manages = granted.includes('manage');
  return accepted.some(
    (scope) => granted.includes(scope) || (manages && OF_MANAGE.includes(scope)),
  );
}
