import type { MessageState } from '../../../api/messages.js';
import { EmptyState } from '../../../design/empty-state.js';

interface NoMessagesProps {
  readonly isFiltered: boolean;
  readonly state: MessageState | undefined;
}

/** Why the list is empty. */
export function NoMessages({ isFiltered, state }: NoMessagesProps) {
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
