import type { Clock } from '../core/clock.js';
import type { AckCommand, LeasedMessage, NackCommand } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';

const AGAIN_AFTER_MS = 500;

/** Nothing was done, or a repetition does no harm. */
const WORTH_ANOTHER_TRY = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN']);

/**
 * Ends leases, and tries again for as long as they hold: after that, the messages are anybody's.
 *
 * @param commandOf ends the leases of these messages
 */
export async function settleWhileHeld(
  commit: GroupCommit,
  clock: Clock,
  messages: readonly LeasedMessage[],
  commandOf: (held: readonly LeasedMessage[]) => AckCommand | NackCommand,
): Promise<void> {
  let held = messages;
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
