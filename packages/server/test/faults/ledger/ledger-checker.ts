import { checkAnswers } from '../invariants/answers.js';
import { checkBalance } from '../invariants/balance.js';
import { checkFailures } from '../invariants/failures.js';
import { checkGoingOn } from '../invariants/going-on.js';
import { checkGroupOrder, checkWithdrawals } from '../invariants/groups.js';
import { checkLeases } from '../invariants/leases.js';
import { checkOverlooked } from '../invariants/overlooked.js';
import { checkPublishing } from '../invariants/publishing.js';
import { checkReceipts } from '../invariants/receipts.js';
import { checkSettings } from '../invariants/settings.js';
import { checkSettling } from '../invariants/settling.js';
import type { LedgerEvent } from './ledger-events.js';
import { buildHistory } from './ledger-history.js';
import type { CheckOptions, Invariant, Violation } from './violation.js';

const INVARIANTS: readonly Invariant[] = [
  checkAnswers,
  checkPublishing,
  checkLeases,
  checkGroupOrder,
  checkWithdrawals,
  checkReceipts,
  checkSettling,
  checkFailures,
  checkSettings,
  checkOverlooked,
  checkGoingOn,
  checkBalance,
];

const DEFAULTS: CheckOptions = {
  clockSlackMs: 50,
  restartGraceMs: 10_000,
  // The database ends the transactions of lost nodes after five seconds.
  goesOnWithinMs: 8_000,
  overlookedMs: 10_000,
  expectDrained: true,
};

/**
 * Checks a run by its ledger alone. The checker knows the promises of the contract and nothing of the
 * server, and decides every doubt in favour of the server.
 */
export function checkLedger(
  events: readonly LedgerEvent[],
  options: Partial<CheckOptions> = {},
): Violation[] {
  const history = buildHistory(events);
  const settings = { ...DEFAULTS, ...options };
  return INVARIANTS.flatMap((check) => check(history, settings));
}
