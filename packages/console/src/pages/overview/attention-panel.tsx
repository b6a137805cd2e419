import { Button, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useMayAskMore } from '../../api/queue-list.js';
import { countOf, formatCount } from '../../design/format.js';
import { bySeverity } from '../../trouble/trouble.js';
import { TroubleIcon } from '../../trouble/trouble-icon.js';
import { useTroubles } from '../../trouble/use-troubles.js';
import classes from './attention-panel.module.css';
import type { QueueRow } from './queue-rows.js';
import type { OverviewAddress } from './use-overview-address.js';

const SHOWN_AT_FIRST = 4;
/** Each may take calls of its own; the others are in the table below. */
const SHOWN_AT_MOST = 40;

interface AttentionPanelProps {
  readonly rows: readonly QueueRow[];
  readonly address: OverviewAddress;
}

/** The queues that are worst off, each with what is the matter and what to do next. */
export function AttentionPanel({ rows, address: { view, change } }: AttentionPanelProps) {
  const inTrouble = rows.filter(({ troubles }) => troubles.length > 0).sort(byWorstTrouble);
  const count = inTrouble.length;
  if (count === 0) return null;
  const isLong = view.only === 'trouble';
  const shown = inTrouble.slice(0, isLong ? SHOWN_AT_MOST : SHOWN_AT_FIRST);
  return (
    <section className={classes.panel} aria-labelledby="attention">
      <div className={classes.heading}>
        <Title order={2} size="h5" id="attention">
          Needs attention
        </Title>
        <Text size="sm" c="dimmed">
          {shown.length < count
            ? `${formatCount(shown.length)} of ${countOf(count, 'queue')}`
            : countOf(count, 'queue')}
        </Text>
      </div>
      <ul className={classes.list}>
        {shown.map((row) => (
          <AttentionItem key={row.queue} row={row} />
        ))}
      </ul>
      {!isLong && count > SHOWN_AT_FIRST && (
        <Button size="compact-sm" variant="light" onClick={() => change({ only: 'trouble' })}>
          Show all {formatCount(count)} queues in trouble
        </Button>
      )}
      {isLong && count > SHOWN_AT_FIRST && (
        <Button size="compact-sm" variant="light" onClick={() => change({ only: 'all' })}>
          Show fewer
        </Button>
      )}
    </section>
  );
}

function byWorstTrouble({ troubles: [one] }: QueueRow, { troubles: [other] }: QueueRow): number {
  return one === undefined || other === undefined ? 0 : bySeverity(one, other);
}

function AttentionItem({ row }: { readonly row: QueueRow }) {
  const [worst] = useTroubles(row, useMayAskMore());
  if (worst === undefined) return null;
  return (
    <li className={classes.item}>
      <TroubleIcon severity={worst.severity} />
      <div>
        <Link href={`/queues/${row.queue}/${worst.tab}`} className={classes.queue}>
          {row.queue}
        </Link>
        <Text size="sm" component="p" m={0}>
          {worst.explanation}{' '}
          <Text span size="sm" c="dimmed">
            {worst.nextStep}
          </Text>
        </Text>
      </div>
    </li>
  );
}
