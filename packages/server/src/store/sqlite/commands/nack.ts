import type { NackCommand, OutcomeOf } from '../../../core/commands.js';
import { afterFailure, judgeReceipt, LEASE_END } from '../../../core/message-state.js';
import { leaseLost, type Refusal } from '../../../core/refusal.js';
import { failMessage, findMessage } from '../messages.js';
import type { QueueEntry } from '../rows.js';
import type { GroupTransaction } from '../transaction.js';

export function nack(
  tx: GroupTransaction,
  queue: QueueEntry,
  command: NackCommand,
): OutcomeOf['nack'] | Refusal {
  // All receipts are judged before anything is applied.
  const judged = command.entries.map((entry) => {
    const message = findMessage(tx, queue, entry.messageId);
    return { entry, message, verdict: judgeReceipt(message, entry.receipt, 'nack') };
  });
  const failed = new Set<number>();
  const results = judged.map(({ entry, message, verdict }) => {
    const { messageId } = entry;
    if (verdict === 'lease_lost') return { messageId, ...leaseLost(messageId) };
    if (verdict === 'no_effect' || message === undefined || failed.has(message.id)) {
      return { messageId, ok: true as const, nacked: false, requeued: false };
    }
    const next = afterFailure(message.failures + 1, queue.maxRetries, { expired: false, ...entry });
    failMessage(tx, queue, message, next, entry.error, LEASE_END.returned);
    failed.add(message.id);
    return { messageId, ok: true as const, nacked: true, requeued: next.kind === 'retry' };
  });
  const only = results[0];
  return !command.batch && only?.ok === false ? only : { results };
}
