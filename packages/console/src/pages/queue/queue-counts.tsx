import type { QueueStats } from '@millrace/client';
import type { WatchedQueue } from '../../api/watched-queue.js';
import { formatCount, formatDuration } from '../../design/format.js';
import { fetchedInWords } from '../../trouble/trouble.js';
import classes from './queue-counts.module.css';

interface QueueCountsProps {
  /** Undefined until they were read. */
  readonly stats: QueueStats | undefined;
  readonly activity: WatchedQueue['activity'];
  readonly nowMs: number;
}

/** How many messages there are in each state. */
export function QueueCounts({ stats, activity, nowMs }: QueueCountsProps) {
  const count = (value: number | undefined) => (value === undefined ? '…' : formatCount(value));
  const oldest = stats?.oldestAgeSeconds;
  const facts: [string, string][] = [
    ['Available', count(stats?.available)],
    ['In flight', count(stats?.inFlight)],
    ['Delayed', count(stats?.delayed)],
    ['Dead letters', count(stats?.dlq)],
    ['Oldest', oldest === undefined ? '–' : formatDuration(oldest)],
    [
      'Last fetch',
      stats === undefined ? '…' : fetchedInWords({ stats, ...(activity && { activity }) }, nowMs),
    ],
  ];
  return (
    <dl className={classes.counts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
