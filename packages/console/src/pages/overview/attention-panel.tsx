import { Button, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useMayAskMore } from '../../api/queue-list.js';
import { rankOf } from '../../trouble/trouble.js';
import { TroubleIcon } from '../../trouble/trouble-icon.js';
import { useTroubles } from '../../trouble/use-troubles.js';
import classes from './attention-panel.module.css';
import type { QueueRow } from './queue-rows.js';
import type { OverviewAddress } from './use-overview-address.js';

const SHOWN = 4;

interface AttentionPanelProps {
  readonly rows: readonly QueueRow[];
  readonly address: OverviewAddress;
}

/** The queues that are worst off, each with what is the matter and what to do next. */
export function AttentionPanel({ rows, address }: AttentionPanelProps) {
  const inTrouble = rows
    .filter(({ troubles }) => troubles.length > 0)
    .sort((one, other) => rankOf(one.troubles[0]?.severity) - rankOf(other.troubles[0]?.severity));
  if (inTrouble.length === 0) return null;
  return (
    <section className={classes.panel} aria-labelledby="attention">
      <Title order={2} size="h5" id="attention" className={classes.title}>
        Needs attention
      </Title>
      <ul className={classes.list}>
        {inTrouble.slice(0, SHOWN).map((row) => (
          <AttentionItem key={row.queue} row={row} />
        ))}
      </ul>
      {inTrouble.length > SHOWN && address.view.only !== 'trouble' && (
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={() => address.change({ only: 'trouble' })}
        >
          Show all {inTrouble.length} queues in trouble
        </Button>
      )}
    </section>
  );
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
