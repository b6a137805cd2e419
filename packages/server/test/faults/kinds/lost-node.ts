import { pause } from '../pause.js';
import type { FaultRun } from './fault-kind.js';

/** While callers do not know yet, they send a lost node whatever they have. */
const NOTICED_AFTER_MS = 300;
const GIVEN_UP_AFTER_MS = 1_000;
/** Long enough to see the others go on after the database has ended what the node had begun. */
const SHORT_MS = [10_500, 12_000] as const;
/** And long enough that a call which hangs after that is given up. */
const LONG_MS = [20_000, 22_000] as const;

/** A single round is a short run. */
export function lostForMs({ random, rounds }: FaultRun): number {
  const [low, high] = rounds > 1 ? LONG_MS : SHORT_MS;
  return random.integer(low, high);
}

/** Goes on with the other nodes while one is lost, as callers behind a load balancer do. */
export async function goOnWithout({ api }: FaultRun, node: number, forMs: number): Promise<void> {
  await pause(NOTICED_AFTER_MS);
  if (api.nodeCount > 1) api.avoid(node);
  await pause(GIVEN_UP_AFTER_MS);
  api.giveUp(node);
  await pause(forMs - NOTICED_AFTER_MS - GIVEN_UP_AFTER_MS);
}
