import { Button, Text } from '@mantine/core';
import type { QueueMessage } from '@millrace/client';
import { RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { countOf, formatCount } from '../../../design/format.js';
import { useMay } from '../../../session/session.js';
import classes from '../messages/message-list.module.css';
import { PurgeDeadLettersDialog } from './purge-dead-letters-dialog.js';
import type { RedrivePlan } from './redrive.js';
import { RedriveDialog } from './redrive-dialog.js';

interface DeadLetterActionsProps {
  readonly queue: string;
  readonly read: readonly QueueMessage[];
  /** Those that match the filter; undefined without one. */
  readonly matches: readonly QueueMessage[] | undefined;
  readonly selected: readonly QueueMessage[];
  /** How many dead letters there are, read or not. */
  readonly total: number;
  onDone(): void;
}

/** Redrives what is selected, else what the filter shows, else all; or removes all. */
export function DeadLetterActions(props: DeadLetterActionsProps) {
  const { queue, read, matches, selected, total, onDone } = props;
  const [plan, setPlan] = useState<RedrivePlan | null>(null);
  const [sample, setSample] = useState<readonly QueueMessage[]>([]);
  const [isPurging, setIsPurging] = useState(false);
  const [purged, setPurged] = useState<number | null>(null);
  if (!useMay('manage')) return null;

  const ask = (next: RedrivePlan, messages: readonly QueueMessage[]): void => {
    setPlan(next);
    setSample(messages);
  };
  const some = (messages: readonly QueueMessage[]): RedrivePlan => ({
    kind: 'some',
    messageIds: messages.map(({ messageId }) => messageId),
  });
  const icon = <RotateCcw size={14} aria-hidden />;
  return (
    <div className={classes.end}>
      <Text size="sm" c="dimmed" role="status">
        {purged !== null && `Removed: ${countOf(purged, 'dead letter')}.`}
      </Text>
      {selected.length > 0 && (
        <Button leftSection={icon} onClick={() => ask(some(selected), selected)}>
          Redrive {formatCount(selected.length)} selected
        </Button>
      )}
      {selected.length === 0 && matches !== undefined && matches.length > 0 && (
        <Button leftSection={icon} onClick={() => ask(some(matches), matches)}>
          Redrive {formatCount(matches.length)} that match
        </Button>
      )}
      {total > 0 && (
        <>
          <Button
            variant="default"
            leftSection={icon}
            onClick={() => ask({ kind: 'all', count: total }, read)}
          >
            Redrive all {formatCount(total)}
          </Button>
          <Button
            variant="default"
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => setIsPurging(true)}
          >
            Purge all
          </Button>
        </>
      )}
      <RedriveDialog
        queue={queue}
        plan={plan}
        sample={sample}
        onClose={() => {
          setPlan(null);
          onDone();
        }}
      />
      <PurgeDeadLettersDialog
        queue={queue}
        count={total}
        isOpen={isPurging}
        onPurged={setPurged}
        onClose={() => setIsPurging(false)}
      />
    </div>
  );
}
