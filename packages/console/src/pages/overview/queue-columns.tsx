import { Badge, Text } from '@mantine/core';
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
} from '@tanstack/react-table';
import { Link } from 'wouter';
import { useMayAskMore } from '../../api/queue-list.js';
import { formatCount, formatDuration } from '../../design/format.js';
import { fetchedInWords, rankOf } from '../../trouble/trouble.js';
import { TroubleIcon } from '../../trouble/trouble-icon.js';
import { useTroubles } from '../../trouble/use-troubles.js';
import { DepthSparkline } from './depth-sparkline.js';
import type { QueueRow } from './queue-rows.js';
import classes from './queue-table.module.css';

export const FEATURES = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic, text: sortFn_text },
});

const { accessor, display, columns } = createColumnHelper<typeof FEATURES, QueueRow>();

/** A column of whole numbers, in which a zero is quiet. */
const count = (id: string, header: string, read: (row: QueueRow) => number | undefined) =>
  accessor(read, {
    id,
    header,
    sortFn: 'basic',
    sortUndefined: 'last',
    cell: ({ getValue }) => {
      const value = getValue();
      if (value === undefined) return <span className={classes.zero}>–</span>;
      return <span className={value === 0 ? classes.zero : undefined}>{formatCount(value)}</span>;
    },
  });

export const COLUMNS = columns([
  accessor(({ troubles }) => rankOf(troubles[0]?.severity), {
    id: 'trouble',
    header: 'State',
    sortFn: 'basic',
    cell: ({ row }) => <TroubleCell row={row.original} />,
  }),
  accessor('queue', {
    id: 'queue',
    header: 'Queue',
    sortFn: 'text',
    cell: ({ row }) => <NameCell row={row.original} />,
  }),
  count('available', 'Available', ({ stats }) => stats.available),
  count('in-flight', 'In flight', ({ stats }) => stats.inFlight),
  count('delayed', 'Delayed', ({ stats }) => stats.delayed),
  count('dead-letters', 'Dead letters', ({ stats }) => stats.dlq),
  accessor(({ stats }) => stats.oldestAgeSeconds, {
    id: 'oldest',
    header: 'Oldest',
    sortFn: 'basic',
    sortUndefined: 'last',
    cell: ({ getValue }) => {
      const seconds = getValue();
      return seconds === undefined ? (
        <span className={classes.zero}>–</span>
      ) : (
        formatDuration(seconds)
      );
    },
  }),
  count('in', 'In / min', ({ activity }) => activity?.published),
  count('out', 'Out / min', ({ activity }) => activity?.acked),
  display({
    id: 'history',
    header: 'Depth, last hour',
    cell: ({ row }) => <DepthSparkline queue={row.original.queue} />,
  }),
  accessor(({ stats }) => stats.waitingConsumers, {
    id: 'consumers',
    header: 'Last fetch',
    sortFn: 'basic',
    sortUndefined: 'last',
    cell: ({ row }) => fetchedInWords(row.original, Date.now()),
  }),
]);

function TroubleCell({ row }: { readonly row: QueueRow }) {
  const [worst] = useTroubles(row, useMayAskMore());
  if (worst === undefined) {
    return <span className={classes.fine}>{isIdle(row) ? 'Idle' : 'Fine'}</span>;
  }
  return (
    <span className={classes.trouble} title={`${worst.explanation} ${worst.nextStep}`}>
      <TroubleIcon severity={worst.severity} />
      <span className={classes.label}>{worst.label}</span>
    </span>
  );
}

/** Nothing waits, and nothing happened in the last minute. */
function isIdle({ stats, activity }: QueueRow): boolean {
  const { published = 0, delivered = 0, acked = 0 } = activity ?? {};
  const waiting = stats.available + stats.inFlight + stats.delayed;
  return waiting + published + delivered + acked === 0;
}

function NameCell({ row: { queue, type } }: { readonly row: QueueRow }) {
  return (
    <span className={classes.name}>
      <Link href={`/queues/${queue}`} title={queue}>
        {queue}
      </Link>
      {type === 'fifo' && (
        <Badge size="xs" variant="default" radius="sm">
          <Text span inherit>
            FIFO
          </Text>
        </Badge>
      )}
    </span>
  );
}
