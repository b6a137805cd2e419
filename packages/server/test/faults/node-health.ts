import type { ServerEvent } from './ledger/ledger-events.js';
import type { History } from './ledger/ledger-history.js';

/** A time in which the test disturbed a node. */
export interface Disturbance {
  readonly node: number;
  readonly change: ServerEvent['change'];
  readonly fromMs: number;
  readonly toMs: number;
}

const WELL = new Set<ServerEvent['change']>(['ready', 'in-touch', 'continued']);

const known = new WeakMap<History, Disturbance[]>();

export function disturbancesOf(history: History): readonly Disturbance[] {
  const before = known.get(history);
  if (before !== undefined) return before;
  const found: Disturbance[] = [];
  const begun = new Map<number, ServerEvent>();
  for (const event of history.events) {
    if (event.kind !== 'server') continue;
    const first = begun.get(event.node);
    if (!WELL.has(event.change)) {
      if (first === undefined) begun.set(event.node, event);
    } else if (first !== undefined) {
      found.push({ ...first, fromMs: first.atMs, toMs: event.atMs });
      begun.delete(event.node);
    }
  }
  for (const event of begun.values()) {
    found.push({ ...event, fromMs: event.atMs, toMs: Number.POSITIVE_INFINITY });
  }
  known.set(history, found);
  return found;
}

/** Whether the test left a node undisturbed between these times. */
export function wasWell(history: History, node: number, fromMs: number, toMs: number): boolean {
  return !disturbancesOf(history).some(
    (it) => it.node === node && it.fromMs < toMs && it.toMs > fromMs,
  );
}
