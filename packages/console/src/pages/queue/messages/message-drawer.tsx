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
  onClose(): void;
}

/** One message, beside the list. */
export function MessageDrawer({ queue, messageId, onClose }: MessageDrawerProps) {
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
      {messageId !== '' && <Content queue={queue} messageId={messageId} />}
    </Drawer>
  );
}

function Content({ queue, messageId }: Omit<MessageDrawerProps, 'onClose'>) {
  const { data, error, dataUpdatedAt, refetch } = useMessage(queue, messageId);
  if (error instanceof MillraceError && error.code === 'MESSAGE_NOT_FOUND') {
    return (
      <EmptyState title="The queue has no such message">
        {data === undefined ? 'Check the id' : 'It was acked, purged or moved while you looked'}, or
        look in its dead-letter queue.
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
