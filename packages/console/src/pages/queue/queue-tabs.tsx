import { Link } from 'wouter';
import classes from './queue-tabs.module.css';

const TABS = [
  ['activity', 'Activity'],
  ['messages', 'Messages'],
  ['dead-letters', 'Dead letters'],
  ['push', 'Push'],
  ['settings', 'Settings'],
] as const;

interface QueueTabsProps {
  readonly queue: string;
  readonly current: string;
}

/** The views of a queue. Each is a page of its own, so these are links. */
export function QueueTabs({ queue, current }: QueueTabsProps) {
  return (
    <nav className={classes.tabs} aria-label="Views of the queue">
      {TABS.map(([tab, label]) => (
        <Link
          key={tab}
          href={`/queues/${queue}/${tab}`}
          aria-current={tab === current ? 'page' : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
