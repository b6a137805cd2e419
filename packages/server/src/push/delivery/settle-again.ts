import type { Clock } from '../../core/clock.js';
import type { AckCommand, NackCommand } from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';

const AGAIN_AFTER_MS = 500;

/** Codes that mean that nothing was done, or after which repeating the command does no harm. */
const WORTH_ANOTHER_TRY = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN']);

/**
 * Settles leases, and tries again for as long as they last. After that, the messages may be leased to
 * other consumers.
 *
 * @param commandOf makes the command that settles these leases
 */
export async function settleWhileHeld<T extends { readonly leaseExpiresAtMs: number }>(
  commit: GroupCommit,
  clock: Clock,
  deliveries: readonly T[],
  commandOf: (held: readonly T[]) => AckCommand | NackCommand,
): Promise<void> {
  let held = deliveries;
  for (;;) {
    const outcome = await commit.submit<AckCommand | NackCommand>(commandOf(held));
    if (outcome.ok || !WORTH_ANOTHER_TRY.has(outcome.code)) return;
    const againAtMs = clock.nowMs() + AGAIN_AFTER_MS;
    held = held.filter(({ leaseExpiresAtMs }) => againAtMs < leaseExpiresAtMs);
    if (held.length === 0) return;
    await new Promise<void>((resolve) => {
      clock.setTimer(resolve, AGAIN_AFTER_MS);
    });
  }
}
