import { Drawer, Loader } from '@mantine/core';
import { MillraceError, type QueueMessage } from '@millrace/client';
import { useState } from 'react';
import { useMessage } from '../../../../api/messages.js';
import { useQueueRecord } from '../../../../api/queue.js';
import { EmptyState } from '../../../../design/empty-state.js';
import { Failure } from '../../../../design/failure.js';
import { draftOf } from '../../publish/draft.js';
import { PublishDialog } from '../../publish/publish-dialog.js';
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
  // Kept here, so that the form outlives the message, which may be acked meanwhile.
  const [copied, setCopied] = useState<QueueMessage>();
  const { data: record } = useQueueRecord(shown.queue);
  return (
    <>
      <Drawer
        opened={messageId !== ''}
        onClose={onClose}
        position="right"
        // Escape then closes the dialog above it.
        closeOnEscape={copied === undefined}
        size="xl"
        title="Message"
        // As for dialogs: it would write a style sheet into the page.
        lockScroll={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {messageId !== '' && <Content messageId={messageId} onCopy={setCopied} {...shown} />}
      </Drawer>
      {record !== undefined && copied !== undefined && (
        <PublishDialog
          record={record}
          isOpen
          draft={draftOf(copied)}
          onClose={() => setCopied(undefined)}
        />
      )}
    </>
  );
}

interface ContentProps extends Omit<MessageDrawerProps, 'onClose'> {
  onCopy(message: QueueMessage): void;
}

function Content({ queue, messageId, wasListed, onCopy }: ContentProps) {
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
  return <MessageDetails message={data} nowMs={dataUpdatedAt} onCopy={onCopy} />;
}
