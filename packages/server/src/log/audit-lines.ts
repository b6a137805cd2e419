import { toIso } from '../core/iso-time.js';
import type { Log } from '../core/log.js';
import type { AuditEntry } from '../core/queue/audit-entry.js';

/** The entries of the audit log as lines of the log: what was done one by one, refusals counted. */
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

/** The field by which the target is found elsewhere; a key that is made or ended is not who did it. */
function kindOfTarget(action: AuditEntry['action'], refused: boolean): string {
  if (action.startsWith('account.keys.')) return 'target_key_id';
  // One that was to be made has no id.
  if (action === 'queue.push_subscribe' && refused) return 'queue';
  return action.startsWith('queue.push_') ? 'subscription_id' : 'queue';
}
