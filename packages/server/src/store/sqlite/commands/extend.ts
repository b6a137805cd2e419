import type { ExtendCommand, OutcomeOf } from '../../../core/commands.js';
import { extendsTooFar, judgeReceipt, LEASE_END } from '../../../core/message-state.js';
import { leaseLost, leaseTooLong, type Refusal } from '../../../core/refusal.js';
import { findMessage, returnMessage } from '../messages.js';
import type { QueueEntry } from '../rows.js';
import type { GroupTransaction } from '../transaction.js';

export function extend(
  tx: GroupTransaction,
  queue: QueueEntry,
  command: ExtendCommand,
): OutcomeOf['extend'] | Refusal {
  const message = findMessage(tx, queue, command.messageId);
  const verdict = judgeReceipt(message, command.receipt, 'extend');
  if (verdict === 'lease_lost') return leaseLost(command.messageId);
  if (verdict === 'no_effect' || message === undefined) {
    return { extended: false, leaseExpiresAtMs: null };
  }
  if (command.visibilityTimeoutMs === 0) {
    const { failures } = message;
    returnMessage(tx, queue, message, {
      how: LEASE_END.returned,
      failures,
      delayMs: 0,
      error: null,
    });
    return { extended: true, leaseExpiresAtMs: null };
  }
  const leaseExpiresAtMs = tx.nowMs + command.visibilityTimeoutMs;
  if (extendsTooFar(message.leasedAtMs as number, leaseExpiresAtMs)) return leaseTooLong();
  tx.sql('UPDATE messages SET due_at_ms = ? WHERE id = ?').run(leaseExpiresAtMs, message.id);
  tx.dueChanged = true;
  return { extended: true, leaseExpiresAtMs };
}
