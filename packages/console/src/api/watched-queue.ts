import type { ListedQueue, QueueStats } from '@millrace/client';

/** What happened in a queue within the last 60 seconds. */
export interface Activity {
  readonly published: number;
  readonly delivered: number;
  readonly acked: number;
  readonly failed: number;
  readonly deadLettered: number;
}

/** The counts of a queue, with what is known of its consumers. */
export interface WatchedStats extends QueueStats {
  /** Calls that wait for a message now. */
  readonly waitingConsumers?: number;
  readonly lastFetchAt?: string;
  readonly lastFetchKeyId?: string;
}

/** A queue in the list, with its counts and its activity. */
export interface WatchedQueue extends ListedQueue {
  readonly stats: WatchedStats;
  readonly activity?: Activity;
}
