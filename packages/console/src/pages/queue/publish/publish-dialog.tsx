import { Button, Text } from '@mantine/core';
import type { QueueRecord } from '@millrace/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { useRefreshQueue } from '../../../api/queue.js';
import { Dialog } from '../../../design/dialogs/dialog.js';
import { FormActions } from '../../../design/dialogs/form-actions.js';
import { Failure } from '../../../design/failure.js';
import { useSession } from '../../../session/session.js';
import { type Draft, EMPTY_DRAFT, readDraft } from './draft.js';
import { PublishFields } from './publish-fields.js';

interface PublishDialogProps {
  readonly record: QueueRecord;
  readonly isOpen: boolean;
  /** What the form begins with. */
  readonly draft?: Draft;
  onClose(): void;
}

/** Publishes one message by hand. */
export function PublishDialog({ record, isOpen, draft, onClose }: PublishDialogProps) {
  return (
    <Dialog title={`Publish to ${record.queue}`} isOpen={isOpen} size="lg" onClose={onClose}>
      <PublishForm record={record} {...(draft && { draft })} onClose={onClose} />
    </Dialog>
  );
}

function PublishForm({
  record,
  draft: first = EMPTY_DRAFT,
  onClose,
}: Omit<PublishDialogProps, 'isOpen'>) {
  const { millrace } = useSession();
  const refresh = useRefreshQueue(record.queue);
  const [draft, setDraft] = useState<Draft>(first);
  const { message, faults } = readDraft(draft);
  const publication = useMutation({
    mutationFn: ({ payload, ...options }: NonNullable<typeof message>) =>
      millrace.queue(record.queue).publish(payload, options),
    onSuccess: refresh,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (message !== undefined) publication.mutate(message);
  };
  return (
    <form onSubmit={submit}>
      <PublishFields
        record={record}
        draft={draft}
        faults={faults}
        change={(part) => setDraft((before) => ({ ...before, ...part }))}
      />
      {publication.isError && <Failure title="It was not published" error={publication.error} />}
      {publication.isSuccess && (
        <Text mt="sm" role="status">
          Published{' '}
          <Link
            href={`/queues/${record.queue}/messages?message=${publication.data.messageId}`}
            onClick={onClose}
          >
            {publication.data.messageId}
          </Link>
          . You can publish another.
        </Text>
      )}
      <FormActions isDone={publication.isSuccess} onCancel={onClose}>
        <Button type="submit" loading={publication.isPending} disabled={message === undefined}>
          Publish
        </Button>
      </FormActions>
    </form>
  );
}
