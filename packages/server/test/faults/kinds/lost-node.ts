import { pause } from '../load/pause.js';
import type { FaultRun } from './fault-kind.js';

/** Until callers notice, they send all kinds of calls to a lost node. */
const NOTICED_AFTER_MS = 300;
const GIVEN_UP_AFTER_MS = 1_000;
/** Long enough to see the others continue after the database has ended the node's transactions. */
const SHORT_MS = [10_500, 12_000] as const;
/** Long enough, too, for a call that hangs after that to be given up. */
const LONG_MS = [20_000, 22_000] as const;

/** A single round is a short run. */
export function lostForMs({ random, rounds }: FaultRun): number {
  const [low, high] = rounds > 1 ? LONG_MS : SHORT_MS;
  return random.integer(low, high);
}

/** Continues with the other nodes while one is lost, as callers behind a load balancer do. */
export async function goOnWithout({ api }: FaultRun, node: number, forMs: number): Promise<void> {
  await pause(NOTICED_AFTER_MS);
  if (api.nodeCount > 1) api.avoid(node);
  await pause(GIVEN_UP_AFTER_MS);
  api.giveUp(node);
  await pause(forMs - NOTICED_AFTER_MS - GIVEN_UP_AFTER_MS);
}
