import type { InvariantName, Violation } from './violation.js';

/** The effects of violations, in the words of those who rely on the queue. */
const HARMS = {
  lost: ['lost-message', 'stats-balance', 'no-final-stats', 'lost-update'],
  phantom: [
    'invented-message',
    'altered-payload',
    'wrong-queue',
    'duplicate-publish',
    'refused-publish-delivered',
    'message-id-reused',
    'purged-then-delivered',
  ],
  back_after_ack: ['ack-then-delivered', 'settled-twice'],
  two_live_receipts: [
    'double-lease',
    'live-lease-refused',
    'stale-receipt-accepted',
    'withdrawn-receipt-accepted',
    'receipt-reused',
  ],
  order: ['group-order', 'delivery-count-order', 'delivery-count-gap'],
  stuck: ['not-drained', 'overlooked', 'unanswered', 'held-up'],
  before_time: ['delivered-too-early', 'dead-letter-too-early'],
  other: ['too-many-failures', 'unexpected-answer', 'server-crashed'],
} as const satisfies Record<string, readonly InvariantName[]>;

type Harm = keyof typeof HARMS;

const harmOf = (invariant: InvariantName): Harm =>
  (Object.keys(HARMS) as Harm[]).find((harm) =>
    (HARMS[harm] as readonly InvariantName[]).includes(invariant),
  ) ?? 'other';

/** The number of violations of each effect, including those with none. */
export function verdictOf(violations: readonly Violation[]): Record<Harm, number> {
  const verdict = Object.fromEntries(Object.keys(HARMS).map((harm) => [harm, 0]));
  for (const { invariant } of violations) {
    const harm = harmOf(invariant);
    verdict[harm] = (verdict[harm] ?? 0) + 1;
  }
  return verdict as Record<Harm, number>;
}
