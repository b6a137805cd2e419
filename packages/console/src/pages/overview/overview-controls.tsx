import { SegmentedControl, Text, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { formatCount } from '../../design/format.js';
import classes from './overview-controls.module.css';
import type { OverviewAddress } from './use-overview-address.js';

interface OverviewControlsProps {
  readonly address: OverviewAddress;
  readonly shownCount: number;
}

export function OverviewControls({ address, shownCount }: OverviewControlsProps) {
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
    </search>
  );
}
