/** What a key may do. `manage` implies the three before it in its project; `admin` implies all. */
export const SCOPES = ['publish', 'consume', 'read', 'manage', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * True when a key that was granted `granted` may make a call that any one of `accepted` opens.
 */
export function scopeAllows(granted: readonly Scope[], accepted: readonly Scope[]): boolean {
  if (granted.includes('admin')) return true;
  if (granted.includes('manage') && !onlyAdmin(accepted)) return true;
  return accepted.some((scope) => granted.includes(scope));
}

function onlyAdmin(accepted: readonly Scope[]): boolean {
  return accepted.every((scope) => scope === 'admin');
}
