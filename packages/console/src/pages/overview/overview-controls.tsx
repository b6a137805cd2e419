import { SegmentedControl, Text, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { formatClock, formatCount } from '../../design/format.js';
import classes from './overview-controls.module.css';
import type { OverviewAddress } from './use-overview-address.js';

interface OverviewControlsProps {
  readonly address: OverviewAddress;
  readonly shownCount: number;
  /** When the list was read, and when the counts of the visible rows were, if they were apart. */
  readonly readAtMs: number;
  readonly visibleReadAtMs: number | undefined;
}

export function OverviewControls({
  address,
  shownCount,
  readAtMs,
  visibleReadAtMs,
}: OverviewControlsProps) {
  const { view, change } = address;
  return (
    <search className={classes.controls}>
      <TextInput
        className={classes.search}
        type="search"
        aria-label="Search queues by name"
        placeholder="Search by name"
        leftSection={<Search size={16} aria-hidden />}
        value={view.search}
        onChange={(event) => change({ search: event.currentTarget.value })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Which queues"
        value={view.only}
        data={[
          { value: 'all', label: 'All' },
          { value: 'trouble', label: 'In trouble' },
        ]}
        onChange={(only) => change({ only: only === 'trouble' ? 'trouble' : 'all' })}
      />
      <Text size="sm" c="dimmed" role="status">
        {formatCount(shownCount)} shown
      </Text>
      <Text size="sm" c="dimmed">
        {asOf(readAtMs, visibleReadAtMs)}
      </Text>
    </search>
  );
}

/** Nobody should take counts for newer than they are. */
function asOf(readAtMs: number, visibleReadAtMs = readAtMs): string {
  if (visibleReadAtMs <= readAtMs) return `as of ${formatClock(readAtMs)}`;
  return `visible rows as of ${formatClock(visibleReadAtMs)}, all as of ${formatClock(readAtMs)}`;
}
