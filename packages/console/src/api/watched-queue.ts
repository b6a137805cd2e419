import type { ListedQueue, QueueStats } from '@millrace/client';

/** What happened in a queue within the last 60 seconds. */
export type Activity = NonNullable<ListedQueue['activity']>;

/** The counts of a queue, with what is known of its consumers. */
export type WatchedStats = QueueStats;

/** A queue in the list, with its counts and its activity. */
export interface WatchedQueue extends ListedQueue {
  readonly stats: WatchedStats;
}
