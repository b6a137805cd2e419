import { aimsAt, type Call, mayHaveActed, succeeded } from './calls/calls.js';
import type { ServerEvent } from './ledger/ledger-events.js';
import type { Delivery, History, MessageHistory } from './ledger/ledger-history.js';

/** The lease may have ended at any time, because the message was, or may have been, released. */
export const NOT_GUARANTEED = Number.NEGATIVE_INFINITY;

/**
 * The time until which a delivery must still have been leased, judged by the calls started before
 * `asOfMs`. Every doubt shortens it: a lease counts from the start of its call.
 */
export function leaseHeldUntilMs(
  message: MessageHistory,
  delivery: Delivery,
  asOfMs: number,
): number {
  const span = leaseSpan(message, delivery, asOfMs);
  return span === undefined ? NOT_GUARANTEED : span.atLeastMs;
}

/**
 * The same, with the contract's addition after a start: a lease that certainly ran out while no server
 * was up is kept for a while, so that acks under way still succeed.
 */
export function leaseKeptUntilMs(
  history: History,
  message: MessageHistory,
  delivery: Delivery,
  asOfMs: number,
  restartGraceMs: number,
): number {
  const span = leaseSpan(message, delivery, asOfMs);
  if (span === undefined) return NOT_GUARANTEED;
  const outages = outagesOf(history);
  const index = outages.findIndex(
    (outage) => outage.downAtMs <= span.atLeastMs && span.atMostMs <= outage.upAtMs,
  );
  const outage = outages[index];
  if (outage === undefined) return span.atLeastMs;
  // A second outage within the grace period is left out: the contract does not say which start counts.
  const next = outages[index + 1];
  if (next !== undefined && next.downAtMs < asOfMs) return span.atLeastMs;
  return outage.upAtMs + restartGraceMs;
}

interface Span {
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

function leaseSpan(message: MessageHistory, delivery: Delivery, asOfMs: number): Span | undefined {
  const acted = (call: Call<'nack'> | Call<'extend'>) =>
    call.startedAtMs < asOfMs && aimsAt(call, delivery.receipt) && mayHaveActed(call);
  if (message.nacks.some(acted)) return undefined;
  const extensions = message.extends.filter(acted);
  if (extensions.some((call) => call.request.visibilityTimeoutMs === 0)) return undefined;

  let atLeastMs = delivery.leasedNoEarlierThanMs + delivery.visibilityTimeoutMs;
  let atMostMs = delivery.answeredAtMs + delivery.visibilityTimeoutMs;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let doubtfulUntilMs = Number.POSITIVE_INFINITY;
  for (const call of extensions) {
    const untilMs = call.startedAtMs + call.request.visibilityTimeoutMs;
    const settled = succeeded(call) && call.endedAtMs < asOfMs;
    if (!settled) {
      // It may take effect late and shorten the lease, so its end stays a bound for good.
      doubtfulUntilMs = Math.min(doubtfulUntilMs, untilMs);
      atMostMs = Number.POSITIVE_INFINITY;
      continue;
    }
    const overlapsLast = call.startedAtMs < lastEndMs;
    atLeastMs = overlapsLast ? Math.min(atLeastMs, untilMs) : untilMs;
    atMostMs = Math.max(atMostMs, call.endedAtMs + call.request.visibilityTimeoutMs);
    lastEndMs = Math.max(lastEndMs, call.endedAtMs);
  }
  return { atLeastMs: Math.min(atLeastMs, doubtfulUntilMs), atMostMs };
}

interface Outage {
  readonly downAtMs: number;
  readonly upAtMs: number;
}

const outagesByHistory = new WeakMap<History, Outage[]>();

/** The times in which no node was up, each ended by a start. */
function outagesOf(history: History): Outage[] {
  const known = outagesByHistory.get(history);
  if (known !== undefined) return known;
  const up = new Set<number>();
  const outages: Outage[] = [];
  let downAtMs: number | undefined;
  const events = history.events.filter((event): event is ServerEvent => event.kind === 'server');
  for (const event of events) {
    if (event.change === 'starting') {
      if (up.size === 0 && downAtMs !== undefined) outages.push({ downAtMs, upAtMs: event.atMs });
      up.add(event.node);
    } else if (event.change === 'killed' || event.change === 'crashed') {
      up.delete(event.node);
      if (up.size === 0) downAtMs = event.atMs;
    }
  }
  outagesByHistory.set(history, outages);
  return outages;
}
