import { Button, Loader, Text, TextInput } from '@mantine/core';
import { Filter } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useDeadLetters } from '../../../api/dead-letters.js';
import { useQueueStats } from '../../../api/queue.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { countOf, formatCount } from '../../../design/format.js';
import { useAddressParam } from '../../../design/use-address-param.js';
import { FilterFieldSelect } from '../messages/filter-field-select.js';
import { MessageDrawer } from '../messages/message-drawer.js';
import { type FilterField, matchingMessages } from '../messages/message-filter.js';
import { MessageTable } from '../messages/message-table.js';
import { DeadLetterActions } from './dead-letter-actions.js';
import classes from './dead-letters-tab.module.css';
import { reasonLine } from './reason-in-words.js';

/** The dead letters that came from the queue: why they failed, and the way back. */
export function DeadLettersTab({ queue }: { readonly queue: string }) {
  const [text, setText] = useAddressParam('filter');
  const [field, setField] = useAddressParam('in');
  const [messageId, setMessageId] = useAddressParam('message');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const deadLetters = useDeadLetters(queue);
  const count = useQueueStats(queue).data?.dlq;
  const all = useMemo(
    () => deadLetters.data?.pages.flatMap(({ items }) => items) ?? [],
    [deadLetters.data],
  );
  const shown = useMemo(
    () => matchingMessages(all, text, field as FilterField),
    [all, text, field],
  );
  const chosen = useMemo(() => all.filter((one) => selected.has(one.messageId)), [all, selected]);

  if (deadLetters.isPending) return <Loader aria-label="Reading the dead letters" />;
  if (deadLetters.isError && all.length === 0) {
    return (
      <Failure
        title="The dead letters could not be read"
        error={deadLetters.error}
        onRetry={() => deadLetters.refetch()}
      />
    );
  }
  if (all.length === 0) {
    return (
      <EmptyState title="There are no dead letters">
        A message comes here when its retries are used up, or when a consumer rejects it.
      </EmptyState>
    );
  }
  return (
    <>
      <div className={classes.controls}>
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
        <DeadLetterActions
          queue={queue}
          read={all}
          matches={text.trim() === '' ? undefined : shown}
          selected={chosen}
          total={Math.max(count ?? 0, all.length)}
          onDone={() => setSelected(new Set())}
        />
      </div>
      {shown.length === 0 ? (
        <EmptyState title="Nothing that was read matches">
          The filter looks only at dead letters that were read. Read more, or shorten it.
        </EmptyState>
      ) : (
        <MessageTable
          label="Dead letters"
          messages={shown}
          lastColumn="Why it is a dead letter"
          selection={{ ids: selected, change: setSelected }}
          explain={reasonLine}
          onOpen={setMessageId}
        />
      )}
      <div className={classes.more}>
        <Text size="sm" c="dimmed" role="status">
          {text.trim() === '' ? '' : `${countOf(shown.length, 'match', 'matches')} in `}
          {countOf(all.length, 'dead letter')} read
          {count !== undefined && count > all.length && ` of ${formatCount(count)}`}
        </Text>
        {deadLetters.hasNextPage && (
          <Button
            size="compact-sm"
            variant="light"
            loading={deadLetters.isFetchingNextPage}
            onClick={() => deadLetters.fetchNextPage()}
          >
            Read more
          </Button>
        )}
      </div>
      <MessageDrawer queue={queue} messageId={messageId} onClose={() => setMessageId('')} />
    </>
  );
}
