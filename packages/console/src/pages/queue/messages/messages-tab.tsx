import { Button, Loader, SegmentedControl, Text, TextInput } from '@mantine/core';
import { Filter } from 'lucide-react';
import { useMemo } from 'react';
import { type MessageState, messagesOf, useMessages } from '../../../api/messages.js';
import { useQueueStats } from '../../../api/queue.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { countOf } from '../../../design/format.js';
import { useAddressParam } from '../../../design/use-address-param.js';
import { FilterFieldSelect } from './filter-field-select.js';
import { FindMessage } from './find-message.js';
import { MessageDrawer } from './message-drawer.js';
import { type FilterField, matchingMessages } from './message-filter.js';
import { MessageTable } from './message-table.js';
import classes from './messages-tab.module.css';
import { whyNotDelivered } from './why-not-delivered.js';

const STATES = ['available', 'delayed', 'leased'];

/** Looks at the messages of a queue without taking them. */
export function MessagesTab({ queue }: { readonly queue: string }) {
  const [state, setState] = useAddressParam('state');
  const [text, setText] = useAddressParam('filter');
  const [field, setField] = useAddressParam('in');
  const [messageId, setMessageId] = useAddressParam('message');
  const known = STATES.includes(state) ? (state as MessageState) : undefined;
  const messages = useMessages(queue, known);
  const stats = useQueueStats(queue);
  const all = useMemo(() => messagesOf(messages.data?.pages), [messages.data]);
  const shown = useMemo(
    () => matchingMessages(all, text, field as FilterField),
    [all, text, field],
  );

  return (
    <>
      <search className={classes.controls}>
        <SegmentedControl
          size="xs"
          aria-label="State of the messages"
          value={known ?? 'all'}
          data={[
            { value: 'all', label: 'All' },
            { value: 'available', label: 'Available' },
            { value: 'delayed', label: 'Delayed' },
            { value: 'leased', label: 'Leased' },
          ]}
          onChange={(chosen) => setState(chosen === 'all' ? '' : chosen)}
        />
        <TextInput
          className={classes.filter}
          type="search"
          aria-label="Filter what was read"
          placeholder="Filter what was read"
          leftSection={<Filter size={14} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <FilterFieldSelect value={field} onChange={setField} />
        <FindMessage onFind={setMessageId} />
      </search>
      {messages.isPending && <Loader aria-label="Reading the messages" />}
      {messages.isError && all.length === 0 && (
        <Failure
          title="The messages could not be read"
          error={messages.error}
          onRetry={() => messages.refetch()}
        />
      )}
      {messages.data !== undefined && shown.length === 0 && (
        <NoMessages isFiltered={text !== ''} state={known} />
      )}
      {shown.length > 0 && (
        <MessageTable
          label="Messages"
          messages={shown}
          lastColumn="Why it is not delivered now"
          explain={(message) => whyNotDelivered(message, stats.data, messages.dataUpdatedAt)}
          onOpen={setMessageId}
        />
      )}
      {all.length > 0 && (
        <div className={classes.more}>
          <Text size="sm" c="dimmed" role="status">
            {text === '' ? '' : `${countOf(shown.length, 'match', 'matches')} in `}
            {countOf(all.length, 'message')} read
          </Text>
          {messages.hasNextPage && (
            <Button
              size="compact-sm"
              variant="light"
              loading={messages.isFetchingNextPage}
              onClick={() => messages.fetchNextPage()}
            >
              Read more
            </Button>
          )}
        </div>
      )}
      <MessageDrawer queue={queue} messageId={messageId} onClose={() => setMessageId('')} />
    </>
  );
}

interface NoMessagesProps {
  readonly isFiltered: boolean;
  readonly state: MessageState | undefined;
}

function NoMessages({ isFiltered, state }: NoMessagesProps) {
  if (isFiltered) {
    return (
      <EmptyState title="Nothing that was read matches">
        The filter looks only at messages that were read. Read more, or shorten it.
      </EmptyState>
    );
  }
  if (state !== undefined) {
    return <EmptyState title={`No message is ${state}`}>Look at all states instead.</EmptyState>;
  }
  return (
    <EmptyState title="The queue is empty">
      Everything was worked off, or nothing was published yet. Dead letters have a view of their
      own.
    </EmptyState>
  );
}
