import type { WatchedQueue } from '../../api/watched-queue.js';
import type { SteadyTroubles } from '../../trouble/steady-troubles.js';
import type { Trouble } from '../../trouble/trouble.js';
import type { OverviewView } from './use-overview-address.js';

/** A queue with what is wrong with it. */
export interface QueueRow extends WatchedQueue {
  readonly troubles: readonly Trouble[];
}

export const judged = (
  queues: readonly WatchedQueue[],
  troubles: SteadyTroubles,
  nowMs: number,
): QueueRow[] => queues.map((queue) => ({ ...queue, troubles: troubles.of(queue, nowMs) }));

/** The rows whose name contains every word of the search. */
export function matching(rows: readonly QueueRow[], { search, only }: OverviewView): QueueRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    ({ queue, troubles }) =>
      (only !== 'trouble' || troubles.length > 0) &&
      words.every((word) => queue.toLowerCase().includes(word)),
  );
}
