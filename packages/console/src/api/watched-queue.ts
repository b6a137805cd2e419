import type { ListedQueue, QueueStats } from '@millrace/client';

/** A queue in the list, with its counts and what happened in its last minute. */
export interface WatchedQueue extends ListedQueue {
  readonly stats: QueueStats;
  readonly activity?: NonNullable<ListedQueue['activity']>;
}
