import { Loader } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useDeadLetters } from '../../../api/dead-letters.js';
import { messagesOf } from '../../../api/messages.js';
import { useQueueRecord, useQueueStats } from '../../../api/queue.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { FilterControls } from '../messages/filter-controls.js';
import classes from '../messages/message-list.module.css';
import { MessageTable } from '../messages/message-table.js';
import { NoMessages } from '../messages/no-messages.js';
import { MessageDrawer } from '../messages/one-message/message-drawer.js';
import { useOpenMessage } from '../messages/one-message/use-open-message.js';
import { ReadMore } from '../messages/read-more.js';
import { useMessageFilter } from '../messages/use-message-filter.js';
import { DeadLetterActions } from './dead-letter-actions.js';
import { reasonLine } from './reason-in-words.js';

/** The dead letters that came from the queue: why they failed, and the way back. */
export function DeadLettersTab({ queue }: { readonly queue: string }) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const deadLetters = useDeadLetters(queue);
  const count = useQueueStats(queue).data?.dlq ?? 0;
  const { data: record } = useQueueRecord(queue);
  const read = useMemo(() => messagesOf(deadLetters.data?.pages), [deadLetters.data]);
  const { drawer, open } = useOpenMessage(read);
  const filter = useMessageFilter(read);
  const chosen = useMemo(() => read.filter((one) => selected.has(one.messageId)), [read, selected]);
  const total = deadLetters.hasNextPage ? Math.max(count, read.length) : read.length;

  return (
    <>
      <div className={classes.controls}>
        {read.length > 0 && <FilterControls filter={filter} />}
        <DeadLetterActions
          queue={queue}
          read={read}
          matches={filter.isEmpty ? undefined : filter.shown}
          selected={chosen}
          total={total}
          onDone={() => setSelected(new Set())}
        />
      </div>
      {deadLetters.isPending && <Loader aria-label="Reading the dead letters" />}
      {deadLetters.isError && read.length === 0 && (
        <Failure
          title="The dead letters could not be read"
          error={deadLetters.error}
          onRetry={() => deadLetters.refetch()}
        />
      )}
      {deadLetters.data !== undefined && read.length === 0 && (
        <EmptyState title="There are no dead letters">
          A message comes here when its retries are used up, or when a consumer rejects it.
        </EmptyState>
      )}
      {read.length > 0 && filter.shown.length === 0 && <NoMessages isFiltered state={undefined} />}
      {filter.shown.length > 0 && (
        <MessageTable
          label="Dead letters"
          messages={filter.shown}
          lastColumn="Why it is a dead letter"
          hasGroups={record?.type === 'fifo'}
          selection={{ ids: selected, change: setSelected }}
          explain={reasonLine}
          onOpen={open}
        />
      )}
      {read.length > 0 && (
        <ReadMore
          filter={filter}
          reading={deadLetters}
          readCount={read.length}
          total={total}
          noun="dead letter"
        />
      )}
      <MessageDrawer queue={queue} {...drawer} />
    </>
  );
}
