import { type SortingState, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { isReadOften } from '../../api/overview-calls.js';
import { useMayAskMore } from '../../api/queue-list.js';
import { useReadVisible } from '../../api/visible-stats.js';
import { EmptyState } from '../../design/empty-state.js';
import { COLUMNS, FEATURES } from './queue-columns.js';
import type { QueueRow } from './queue-rows.js';
import classes from './queue-table.module.css';
import { QueueTableHead } from './queue-table-head.js';
import type { OverviewAddress, OverviewView } from './use-overview-address.js';

const ROW_PX = 38;

interface QueueTableProps {
  readonly rows: readonly QueueRow[];
  /** How many queues the list has, with those that are not shown. */
  readonly listCount: number;
  readonly address: OverviewAddress;
}

/** The queues, of which only the visible rows are in the page. */
export function QueueTable({ rows, listCount, address }: QueueTableProps) {
  const sorting = useMemo(() => sortingOf(address.view), [address.view]);
  const table = useTable({
    features: FEATURES,
    columns: COLUMNS,
    data: rows as QueueRow[],
    getRowId: ({ queue }) => queue,
    state: { sorting },
  });
  const sorted = table.getRowModel().rows;
  const frame = useRef<HTMLDivElement>(null);
  const { visible, above, below } = useVisibleRows(sorted.length, frame);
  const shown = sorted.slice(visible.first, visible.end);
  useReadVisible(
    shown.map(({ id }) => id),
    useMayAskMore() && !isReadOften(listCount),
  );

  if (rows.length === 0) {
    return (
      <EmptyState title="No queue matches">
        Shorten the search, or show all queues instead of those in trouble.
      </EmptyState>
    );
  }
  return (
    <div ref={frame} className={classes.frame}>
      <table className={classes.table} aria-rowcount={sorted.length + 1} aria-label="Queues">
        <QueueTableHead columns={table.getAllColumns()} address={address} />
        <tbody>
          {above > 0 && <tr style={{ height: above }} aria-hidden />}
          {shown.map((row, index) => (
            <tr key={row.id} aria-rowindex={visible.first + index + 2} className={classes.row}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={classes[cell.column.id]}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
          {below > 0 && <tr style={{ height: below }} aria-hidden />}
        </tbody>
      </table>
    </div>
  );
}

/** Which of the rows are visible, and how many pixels those above and below would take. */
function useVisibleRows(count: number, frame: React.RefObject<HTMLDivElement | null>) {
  const [top, setTop] = useState(0);
  // The rows begin below other things, which may grow, and the window is what scrolls.
  useLayoutEffect(() => {
    const offset = frame.current?.offsetTop ?? 0;
    if (offset !== top) setTop(offset);
  });
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_PX,
    overscan: 3,
    scrollMargin: top,
  });
  const items = virtualizer.getVirtualItems();
  const [first] = items;
  const last = items.at(-1);
  return {
    visible: { first: first?.index ?? 0, end: (last?.index ?? -1) + 1 },
    above: (first?.start ?? top) - top,
    below: virtualizer.getTotalSize() - ((last?.end ?? top) - top),
  };
}

/** Queues that are equal in a column stay in the order of their names. */
function sortingOf({ sortBy, isDescending }: OverviewView): SortingState {
  const id = COLUMNS.some((column) => column.id === sortBy) ? sortBy : 'trouble';
  const chosen = { id, desc: isDescending };
  return id === 'queue' ? [chosen] : [chosen, { id: 'queue', desc: false }];
}
