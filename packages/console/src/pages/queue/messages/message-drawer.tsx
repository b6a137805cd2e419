import { Drawer, Loader } from '@mantine/core';
import { MillraceError } from '@millrace/client';
import { useMessage } from '../../../api/messages.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { MessageDetails } from './message-details.js';

interface MessageDrawerProps {
  readonly queue: string;
  /** Empty if no message is open. */
  readonly messageId: string;
  /** Whether the list has shown it, so that its id must be right. */
  readonly wasListed: boolean;
  onClose(): void;
}

/** One message, beside the list. */
export function MessageDrawer({ messageId, onClose, ...shown }: MessageDrawerProps) {
  return (
    <Drawer
      opened={messageId !== ''}
      onClose={onClose}
      position="right"
      size="xl"
      title="Message"
      // As for dialogs: it would write a style sheet into the page.
      lockScroll={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {messageId !== '' && <Content messageId={messageId} {...shown} />}
    </Drawer>
  );
}

function Content({ queue, messageId, wasListed }: Omit<MessageDrawerProps, 'onClose'>) {
  const { data, error, dataUpdatedAt, refetch } = useMessage(queue, messageId);
  if (error instanceof MillraceError && error.code === 'MESSAGE_NOT_FOUND') {
    return wasListed || data !== undefined ? (
      <EmptyState title="The message is no longer in the queue">
        Meanwhile it was acked, purged or moved to another queue, or its retention has ended.
      </EmptyState>
    ) : (
      <EmptyState title="The queue has no such message">
        It may have been acked or purged, or its retention has ended. Else check the id, or look in
        the dead-letter queue.
      </EmptyState>
    );
  }
  if (data === undefined) {
    return error === null ? (
      <Loader aria-label="Reading the message" />
    ) : (
      <Failure title="The message could not be read" error={error} onRetry={() => refetch()} />
    );
  }
  return <MessageDetails message={data} nowMs={dataUpdatedAt} />;
}
