/**
 * The life of a message, as pure decisions. Every store uses these; none decides by itself.
 *
 *   publish -> delayed -> available -> leased -> gone
 *                            ^  ^        |
 *                            |  +- retry-+-> dead letter
 */
export const STATE = { available: 0, leased: 1, delayed: 2, dead: 3 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

/** The legal moves; any other move is a bug in a store. */
const TRANSITIONS: Record<State, readonly State[]> = {
  [STATE.delayed]: [STATE.available, STATE.dead],
  [STATE.available]: [STATE.leased, STATE.dead],
  [STATE.leased]: [STATE.available, STATE.delayed, STATE.dead],
  [STATE.dead]: [STATE.available],
};

export const canTransition = (from: State, to: State): boolean => TRANSITIONS[from].includes(to);

/** How the last lease of a message that is not leased ended. */
export const LEASE_END = { expired: 1, returned: 2 } as const;
export type LeaseEnd = (typeof LEASE_END)[keyof typeof LEASE_END];

export type DeadLetterAction = 'redrive' | 'purge';

export type DeadLetterReason = 'max_retries' | 'rejected' | 'expired_lease';

/** Failed deliveries since a message came to its queue, by how they failed. */
export interface FailureCounts {
  /** Nacks, including failed pushes. */
  readonly nacks: number;
  readonly expiredLeases: number;
}

export const NO_FAILURES: FailureCounts = { nacks: 0, expiredLeases: 0 };

/** How many failures of each kind a message may have; the next one makes it a dead letter. */
export interface FailureBudgets {
  readonly maxRetries: number;
  readonly maxExpiredLeases: number;
}

/** The fields of a message that a decision needs. */
export interface LeaseView extends FailureCounts {
  readonly state: State;
  /** The receipt of the latest delivery from this queue; null before the first. */
  readonly receipt: string | null;
  readonly leaseEnd: LeaseEnd | null;
}

export type Verb = 'ack' | 'nack' | 'extend';
export type Verdict = 'act' | 'lease_lost' | 'no_effect';

/** The table of late answers: what a call may do, given the message's state and its receipt. */
export function checkReceipt(
  message: LeaseView | undefined,
  receipt: string | null,
  verb: Verb,
): Verdict {
  if (message === undefined || message.state === STATE.dead || message.receipt === null) {
    return 'no_effect';
  }
  const isLatest = receipt === message.receipt;
  if (message.state === STATE.leased) return receipt === null || isLatest ? 'act' : 'lease_lost';
  if (message.leaseEnd === LEASE_END.expired) {
    // The work was done, though late, and no other consumer has the message: the ack still counts.
    if (verb === 'ack' && (receipt === null || isLatest)) return 'act';
    return receipt === null ? 'no_effect' : 'lease_lost';
  }
  return receipt === null ? 'no_effect' : 'lease_lost';
}

export type AfterFailure =
  | { readonly kind: 'retry'; readonly delayMs: number; readonly counts: FailureCounts }
  | { readonly kind: 'dead_letter'; readonly reason: DeadLetterReason };

/**
 * Decides what happens to a message whose delivery failed. Nacks and expired leases count in separate
 * budgets: after 1 + maxRetries nacks, or 1 + maxExpiredLeases expired leases, the message is a dead
 * letter.
 *
 * @param counts of the failures before this one
 */
export function afterFailure(
  { nacks, expiredLeases }: FailureCounts,
  { maxRetries, maxExpiredLeases }: FailureBudgets,
  how: { expired: true } | { expired: false; requeue: boolean; delayMs: number },
): AfterFailure {
  if (how.expired) {
    return expiredLeases >= maxExpiredLeases
      ? { kind: 'dead_letter', reason: 'expired_lease' }
      : { kind: 'retry', delayMs: 0, counts: { nacks, expiredLeases: expiredLeases + 1 } };
  }
  if (!how.requeue) return { kind: 'dead_letter', reason: 'rejected' };
  return nacks >= maxRetries
    ? { kind: 'dead_letter', reason: 'max_retries' }
    : { kind: 'retry', delayMs: how.delayMs, counts: { nacks: nacks + 1, expiredLeases } };
}

/** A lease may be extended to 12 h in total, counted from its start. */
export const LEASE_TOTAL_MAX_MS = 43_200_000;

export const extendsTooFar = (leasedAtMs: number, newExpiryMs: number): boolean =>
  newExpiryMs - leasedAtMs > LEASE_TOTAL_MAX_MS;

/** Leases that expired while the server was down are kept this long, so that acks under way win. */
export const RESTART_GRACE_MS = 10_000;

/** Leases that expired up to this time are kept for now; 0 when the grace after the start is over. */
export const leasesKeptUntilMs = (startedAtMs: number, nowMs: number): number =>
  nowMs < startedAtMs + RESTART_GRACE_MS ? startedAtMs : 0;
