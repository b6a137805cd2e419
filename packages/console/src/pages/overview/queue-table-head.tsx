import { ArrowDown, ArrowUp } from 'lucide-react';
import classes from './queue-table.module.css';
import type { OverviewAddress } from './use-overview-address.js';

/** What is used of a column of the table. */
interface HeadColumn {
  readonly id: string;
  readonly columnDef: { readonly header?: unknown };
  getCanSort(): boolean;
}

interface QueueTableHeadProps {
  readonly columns: readonly HeadColumn[];
  readonly address: OverviewAddress;
}

/** The names of the columns. Each orders the queues by its column, and then the other way round. */
export function QueueTableHead({ columns, address: { view, change } }: QueueTableHeadProps) {
  const sortBy = (id: string): void => {
    const isDescending = view.sortBy === id ? !view.isDescending : !ASCENDING_FIRST.has(id);
    change({ sortBy: id, isDescending });
  };
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const isSorted = column.id === view.sortBy;
          const header = String(column.columnDef.header);
          return (
            <th
              key={column.id}
              className={classes[column.id]}
              aria-sort={isSorted ? ORDERS[view.isDescending ? 'down' : 'up'] : undefined}
            >
              {column.getCanSort() ? (
                <button type="button" onClick={() => sortBy(column.id)}>
                  {header}
                  {isSorted && <OrderIcon isDescending={view.isDescending} />}
                </button>
              ) : (
                header
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** Names and troubles begin with the first; counts begin with the highest. */
const ASCENDING_FIRST = new Set(['queue', 'trouble']);

const ORDERS = { up: 'ascending', down: 'descending' } as const;

function OrderIcon({ isDescending }: { readonly isDescending: boolean }) {
  const Icon = isDescending ? ArrowDown : ArrowUp;
  return <Icon size={12} aria-hidden />;
}
