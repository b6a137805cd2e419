import { addCall, addDelivery, addServerEvent, changeOutcome } from '../ledger/ledger-edits.js';
import type { LedgerEvent, Outcome } from '../ledger/ledger-events.js';
import type { History } from '../ledger/ledger-history.js';

/** Falsifications that need no message of the run: each adds its own calls at the end. */

const UNAVAILABLE: Outcome<never> = { kind: 'refused', status: 503, code: 'STORE_UNAVAILABLE' };
const TIMED_OUT: Outcome<never> = { kind: 'failed', sent: true, reason: 'timeout' };
const LONG_MS = 60_000;

const PUBLISHED = { messageId: 'planted', payload: '"planted"' } as const;

function someQueue({ queues }: History): string {
  const standard = [...queues.values()].find(({ type }) => type !== 'fifo');
  if (standard === undefined) throw new Error('the run has no standard queue');
  return standard.queue;
}

export function plantSilentNode(history: History, endMs: number): LedgerEvent[] {
  return addFailedCall(history.events, someQueue(history), endMs, TIMED_OUT);
}

/** Another node is lost, and long afterwards this one refuses a call because of it. */
export function plantHeldUpNode(history: History, endMs: number): LedgerEvent[] {
  const events = addServerEvent(history.events, endMs, 99, 'cut-off');
  return addFailedCall(events, someQueue(history), endMs + LONG_MS, UNAVAILABLE);
}

function addFailedCall(
  events: readonly LedgerEvent[],
  queue: string,
  atMs: number,
  outcome: Outcome<never>,
): LedgerEvent[] {
  // The run has ended its nodes.
  const up = addServerEvent(events, atMs, 0, 'ready');
  const added = addCall(up, atMs, 'consume', { queue, maxMessages: 1 }, { messages: [] });
  const last = added.at(-1);
  return changeOutcome(added, last?.kind === 'ended' ? last.callId : 0, outcome);
}

/** A call finds nothing although a message is available, which another call finds much later. */
export function plantHiddenMessage(history: History, endMs: number): LedgerEvent[] {
  const queue = someQueue(history);
  const { events } = history;
  const { messageId, payload } = PUBLISHED;
  const published = addCall(events, endMs, 'publish', { queue, payload }, { messageId });
  const ask = { queue, maxMessages: 1 };
  const missed = addCall(published, endMs + LONG_MS, 'consume', ask, { messages: [] });
  const shown = { ...PUBLISHED, receipt: 'planted', deliveryCount: 1 };
  return addDelivery(missed, endMs + LONG_MS + 1, queue, shown);
}

export function plantPurgedMessage(history: History, endMs: number): LedgerEvent[] {
  const queue = someQueue(history);
  const { events } = history;
  const { messageId, payload } = PUBLISHED;
  const published = addCall(events, endMs, 'publish', { queue, payload }, { messageId });
  const purged = addCall(published, endMs + 1, 'purge', { queue }, { purged: 1 });
  const shown = { ...PUBLISHED, receipt: 'planted', deliveryCount: 1 };
  return addDelivery(purged, endMs + 2, queue, shown);
}

export function plantLostUpdate(history: History, endMs: number): LedgerEvent[] {
  const queue = someQueue(history);
  const inForce = { maxRetries: 7, maxExpiredLeases: 7, visibilityTimeoutMs: 1_000 };
  const events = addCall(history.events, endMs, 'update', { queue, maxRetries: 8 }, inForce);
  return addCall(events, endMs + 1, 'get', { queue }, inForce);
}
