/**
 * What a key may do. `manage` implies the three before it in its project; `metrics` opens `/metrics`
 * and nothing else; `admin` implies all.
 */
export const SCOPES = ['publish', 'consume', 'read', 'manage', 'metrics', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const OF_MANAGE: readonly Scope[] = ['publish', 'consume', 'read', 'manage'];

/**
 * True when a key that was granted `granted` may make a call that any one of `accepted` opens.
 */
export function scopeAllows(granted: readonly Scope[], accepted: readonly Scope[]): boolean {
  if (granted.includes('admin')) return true;
  const manages = granted.includes('manage');
  return accepted.some(
    (scope) => granted.includes(scope) || (manages && OF_MANAGE.includes(scope)),
  );
}
