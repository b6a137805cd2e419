import type { AckCommand, OutcomeOf } from '../../../core/commands.js';
import { judgeReceipt } from '../../../core/message-state.js';
import { leaseLost, type Refusal } from '../../../core/refusal.js';
import { findMessage, removeMessage } from '../messages.js';
import type { QueueEntry } from '../rows.js';
import type { GroupTransaction } from '../transaction.js';

export function ack(
  tx: GroupTransaction,
  queue: QueueEntry,
  command: AckCommand,
): OutcomeOf['ack'] | Refusal {
  // All receipts are judged before anything is applied.
  const judged = command.entries.map(({ messageId, receipt }) => {
    const message = findMessage(tx, queue, messageId);
    return { messageId, message, verdict: judgeReceipt(message, receipt, 'ack') };
  });
  const removed = new Set<number>();
  const results = judged.map(({ messageId, message, verdict }) => {
    if (verdict === 'lease_lost') return { messageId, ...leaseLost(messageId) };
    const acts = verdict === 'act' && message !== undefined && !removed.has(message.id);
    if (acts) {
      removeMessage(tx, queue, message);
      removed.add(message.id);
    }
    return { messageId, ok: true as const, acked: acts };
  });
  const only = results[0];
  return !command.batch && only?.ok === false ? only : { results };
}
