import type { AuditEntry } from '../core/commands/audit-entry.js';
import { toIso } from '../core/iso-time.js';
import type { Log } from '../core/log.js';

/** Writes entries of the audit log to the log: one line for each done call; refusals are counted. */
export function auditLines(log: Log): (entry: AuditEntry) => void {
  return ({ action, refused, code, keyId, project, target, address, requestId, atMs }) => {
    const who = { action, key_id: keyId, project, address };
    const what = {
      ...(target !== null && { [kindOfTarget(action, refused)]: target }),
      request_id: requestId,
      at: toIso(atMs),
    };
    if (refused) log.counted('info', 'audit', { ...who, outcome: 'refused', code }, what);
    else log.info('audit', { ...who, outcome: 'done', ...what });
  };
}

/**
 * The field for the target, named as in other lines. A key that is created or revoked is not in
 * `key_id`, which is the key of the caller.
 */
function kindOfTarget(action: AuditEntry['action'], refused: boolean): string {
  if (action.startsWith('account.keys.')) return 'target_key_id';
  // A subscription that was not created has no id.
  if (action === 'queue.push_subscribe' && refused) return 'queue';
  return action.startsWith('queue.push_') ? 'subscription_id' : 'queue';
}
