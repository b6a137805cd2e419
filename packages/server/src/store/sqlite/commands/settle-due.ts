import { RESTART_GRACE_MS, STATE } from '../../../core/queue/message-state.js';
import { settle } from '../../../core/queue/settling.js';
import { MESSAGE_COLUMNS, messageRow } from '../driver/rows.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

/** The plus sign keeps SQLite (3.53) from preparing the statement again whenever a limit is bound. */
const DUE = `SELECT ${MESSAGE_COLUMNS} FROM messages
  WHERE state = ? AND due_at_ms > ? AND due_at_ms <= ? ORDER BY due_at_ms, id LIMIT +?`;

/** Settles delays, then leases, that are due, oldest first; up to this many of each. */
export function settleDue(tx: SqliteTransaction, limit: number): number {
  const due = tx.rows(DUE);
  const delayed = due.all(STATE.delayed, 0, tx.nowMs, limit);
  const leased = due.all(STATE.leased, tx.leasesKeptUntilMs, tx.nowMs, limit);
  tx.hasMoreLeasesDue = leased.length === limit;
  const messages = [...delayed, ...leased].map(messageRow);
  for (const message of messages) {
    const queue = tx.queueByBucket(message.bucketId);
    if (queue !== undefined) settle(tx, queue, message);
    // No queue has the bucket any more: the sweep of discarded buckets removes the message.
    else tx.change(message, { dueAtMs: null });
  }
  return messages.length;
}

/** When the next delay or lease ends; null if none does. */
export function nextDueMs(tx: SqliteTransaction, startedAtMs: number): number | null {
  const first = tx.sql(
    'SELECT min(due_at_ms) AS dueAtMs FROM messages WHERE state = ? AND due_at_ms > ?',
  );
  const firstAfter = (state: number, afterMs: number): number | null =>
    (first.get(state, afterMs) as { dueAtMs: number | null }).dueAtMs;
  const earliestMs = tx.leasesKeptUntilMs;
  const kept = earliestMs > 0 && firstAfter(STATE.leased, 0) !== null;
  const times = [
    firstAfter(STATE.delayed, 0),
    firstAfter(STATE.leased, earliestMs),
    kept ? startedAtMs + RESTART_GRACE_MS : null,
  ].filter((timeMs) => timeMs !== null);
  return times.length === 0 ? null : Math.min(...times);
}
