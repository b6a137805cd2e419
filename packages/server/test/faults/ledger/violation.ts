import type { History } from './ledger-history.js';

export type InvariantName =
  | 'ack-then-delivered'
  | 'altered-payload'
  | 'dead-letter-too-early'
  | 'delivered-too-early'
  | 'delivery-count-gap'
  | 'delivery-count-order'
  | 'double-lease'
  | 'duplicate-publish'
  | 'group-order'
  | 'held-up'
  | 'invented-message'
  | 'live-lease-refused'
  | 'lost-message'
  | 'lost-update'
  | 'message-id-reused'
  | 'no-final-stats'
  | 'not-drained'
  | 'overlooked'
  | 'purged-then-delivered'
  | 'receipt-reused'
  | 'refused-publish-delivered'
  | 'server-crashed'
  | 'settled-twice'
  | 'stale-receipt-accepted'
  | 'stats-balance'
  | 'too-many-failures'
  | 'unanswered'
  | 'unexpected-answer'
  | 'withdrawn-receipt-accepted'
  | 'wrong-queue';

export interface Violation {
  readonly invariant: InvariantName;
  readonly detail: string;
  readonly messageId?: string;
  readonly callIds: readonly number[];
}

export interface CheckOptions {
  /** How far the server's clock may drift from the test's over the length of a lease. */
  readonly clockSlackMs: number;
  /** How long a lease that ran out while the server was down is kept after a start. */
  readonly restartGraceMs: number;
  /** How long after a node was lost another one may still refuse calls because of it. */
  readonly goesOnWithinMs: number;
  /** How long an available message may be hidden from consumers. */
  readonly overlookedMs: number;
  /** Whether the run ended with a drain, so that no message may be waiting any more. */
  readonly expectDrained: boolean;
}

export type Invariant = (history: History, options: CheckOptions) => Violation[];
