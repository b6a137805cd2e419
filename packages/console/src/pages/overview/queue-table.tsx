import { type SortingState, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { EmptyState } from '../../design/empty-state.js';
import { COLUMNS, FEATURES } from './queue-columns.js';
import type { QueueRow } from './queue-rows.js';
import classes from './queue-table.module.css';
import type { OverviewAddress } from './use-overview-address.js';

const ROW_PX = 38;

interface QueueTableProps {
  readonly rows: readonly QueueRow[];
  readonly address: OverviewAddress;
}

/** The queues, of which only the visible rows are in the page. */
export function QueueTable({ rows, address: { view, change } }: QueueTableProps) {
  const sorting = useMemo<SortingState>(
    () => sortingOf(view.sortBy, view.isDescending),
    [view.sortBy, view.isDescending],
  );
  const table = useTable({
    features: FEATURES,
    columns: COLUMNS,
    data: rows as QueueRow[],
    getRowId: ({ queue }) => queue,
    state: { sorting },
  });
  const sorted = table.getRowModel().rows;
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  // The rows begin below other things, and the window is what scrolls.
  useLayoutEffect(() => {
    const offset = body.current?.offsetTop ?? 0;
    if (offset !== top) setTop(offset);
  });
  const virtualizer = useWindowVirtualizer({
    count: sorted.length,
    estimateSize: () => ROW_PX,
    overscan: 6,
    scrollMargin: top,
  });
  const visible = virtualizer.getVirtualItems();
  const above = (visible[0]?.start ?? top) - top;
  const below = virtualizer.getTotalSize() - ((visible.at(-1)?.end ?? top) - top);

  if (rows.length === 0) {
    return (
      <EmptyState title="No queue matches">
        Shorten the search, or show all queues instead of those in trouble.
      </EmptyState>
    );
  }
  return (
    <div ref={body} className={classes.frame}>
      <table className={classes.table} aria-rowcount={sorted.length + 1} aria-label="Queues">
        <thead>
          <tr>
            {table.getFlatHeaders().map(({ column }) => (
              <th
                key={column.id}
                className={classes[column.id]}
                aria-sort={ariaSort(column.id, view.sortBy, view.isDescending)}
              >
                {column.getCanSort() ? (
                  <button
                    type="button"
                    onClick={() =>
                      change({
                        sortBy: column.id,
                        isDescending:
                          view.sortBy === column.id
                            ? !view.isDescending
                            : !ASCENDING_FIRST.has(column.id),
                      })
                    }
                  >
                    {column.columnDef.header as string}
                    {view.sortBy === column.id &&
                      (view.isDescending ? (
                        <ArrowDown size={12} aria-hidden />
                      ) : (
                        <ArrowUp size={12} aria-hidden />
                      ))}
                  </button>
                ) : (
                  (column.columnDef.header as string)
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <tr style={{ height: above }} aria-hidden />}
          {visible.map(({ index }) => {
            const row = sorted[index];
            if (row === undefined) return null;
            return (
              <tr key={row.id} aria-rowindex={index + 2} className={classes.row}>
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} className={classes[cell.column.id]}>
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            );
          })}
          {below > 0 && <tr style={{ height: below }} aria-hidden />}
        </tbody>
      </table>
    </div>
  );
}

/** Names and troubles begin with the first; counts begin with the highest. */
const ASCENDING_FIRST = new Set(['queue', 'trouble']);

/** Queues that are equal in a column stay in the order of their names. */
const sortingOf = (sortBy: string, isDescending: boolean): SortingState => {
  const known = COLUMNS.some(({ id }) => id === sortBy) ? sortBy : 'trouble';
  return [
    { id: known, desc: isDescending },
    ...(known === 'queue' ? [] : [{ id: 'queue', desc: false }]),
  ];
};

function ariaSort(id: string, sortBy: string, isDescending: boolean) {
  if (id !== sortBy) return undefined;
  return isDescending ? 'descending' : 'ascending';
}
