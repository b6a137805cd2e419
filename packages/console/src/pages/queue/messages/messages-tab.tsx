import { Loader, SegmentedControl } from '@mantine/core';
import { useMemo } from 'react';
import { type MessageState, messagesOf, useMessages } from '../../../api/messages.js';
import { useQueueRecord, useQueueStats } from '../../../api/queue.js';
import { Failure } from '../../../design/failure.js';
import { useAddressParam } from '../../../design/use-address-param.js';
import { FilterControls } from './filter-controls.js';
import { FindMessage } from './find-message.js';
import classes from './message-list.module.css';
import { MessageTable } from './message-table.js';
import { NoMessages } from './no-messages.js';
import { MessageDrawer } from './one-message/message-drawer.js';
import { useOpenMessage } from './one-message/use-open-message.js';
import { whyWithFailure } from './one-message/why-not-delivered.js';
import { ReadMore } from './read-more.js';
import { useMessageFilter } from './use-message-filter.js';

const STATES: readonly string[] = ['available', 'delayed', 'leased'];

/** Looks at the messages of a queue without taking them. */
export function MessagesTab({ queue }: { readonly queue: string }) {
  const [chosen, choose] = useAddressParam('state');
  const state = STATES.includes(chosen) ? (chosen as MessageState) : undefined;
  const messages = useMessages(queue, state);
  const stats = useQueueStats(queue);
  const { data: record } = useQueueRecord(queue);
  const read = useMemo(() => messagesOf(messages.data?.pages), [messages.data]);
  const { drawer, open } = useOpenMessage(read);
  const filter = useMessageFilter(read);

  return (
    <>
      <search className={classes.controls}>
        <SegmentedControl
          size="xs"
          aria-label="State of the messages"
          value={state ?? ''}
          data={[
            { value: '', label: 'All' },
            { value: 'available', label: 'Available' },
            { value: 'delayed', label: 'Delayed' },
            { value: 'leased', label: 'Leased' },
          ]}
          onChange={choose}
        />
        <FilterControls filter={filter} />
        <FindMessage onFind={open} />
      </search>
      {messages.isPending && <Loader aria-label="Reading the messages" />}
      {messages.isError && read.length === 0 && (
        <Failure
          title="The messages could not be read"
          error={messages.error}
          onRetry={() => messages.refetch()}
        />
      )}
      {messages.data !== undefined && filter.shown.length === 0 && (
        <NoMessages isFiltered={read.length > 0} state={state} />
      )}
      {filter.shown.length > 0 && (
        <MessageTable
          label="Messages"
          messages={filter.shown}
          lastColumn="Why it is not delivered now"
          hasGroups={record?.type === 'fifo'}
          explain={(message) => whyWithFailure(message, stats.data, messages.dataUpdatedAt)}
          onOpen={open}
        />
      )}
      {read.length > 0 && (
        <ReadMore filter={filter} reading={messages} readCount={read.length} noun="message" />
      )}
      <MessageDrawer queue={queue} {...drawer} />
    </>
  );
}
