import type { LedgerEvent } from './ledger-events.js';
import type { Violation } from './violation.js';

/**
 * The calls that concern these violations or their messages, and the starts and ends of servers: one
 * JSON object per line, as in the ledger. Empty without a violation.
 */
export function evidenceOf(
  events: readonly LedgerEvent[],
  violations: readonly Violation[],
): string {
  if (violations.length === 0) return '';
  const ids = new Set(violations.flatMap(({ callIds }) => callIds));
  const messageIds = violations.flatMap(({ messageId }) => messageId ?? []);
  for (const event of events) {
    if (!('callId' in event)) continue;
    const text = JSON.stringify(event);
    if (messageIds.some((messageId) => text.includes(messageId))) ids.add(event.callId);
  }
  return events
    .filter((event) => !('callId' in event) || ids.has(event.callId))
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}
