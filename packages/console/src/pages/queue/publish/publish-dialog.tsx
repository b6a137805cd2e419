import { Button, NumberInput, Text, Textarea, TextInput } from '@mantine/core';
import type { QueueRecord } from '@millrace/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { useRefreshQueue } from '../../../api/queue.js';
import { Dialog } from '../../../design/dialog.js';
import { Failure } from '../../../design/failure.js';
import { FormActions } from '../../../design/form-actions.js';
import { useMay, useSession } from '../../../session/session.js';
import { type Draft, EMPTY_DRAFT, readDraft } from './draft.js';

interface PublishDialogProps {
  readonly record: QueueRecord;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Publishes one message by hand. */
export function PublishDialog({ record, isOpen, onClose }: PublishDialogProps) {
  return (
    <Dialog title={`Publish to ${record.queue}`} isOpen={isOpen} size="lg" onClose={onClose}>
      <PublishForm record={record} onClose={onClose} />
    </Dialog>
  );
}

function PublishForm({ record, onClose }: Omit<PublishDialogProps, 'isOpen'>) {
  const { millrace } = useSession();
  const refresh = useRefreshQueue(record.queue);
  const mayRead = useMay('read');
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const { message, faults } = readDraft(draft);
  const publication = useMutation({
    mutationFn: () => {
      if (message === undefined) throw new Error('Mend the fields that are marked.');
      const { payload, ...options } = message;
      return millrace.queue(record.queue).publish(payload, options);
    },
    onSuccess: refresh,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    publication.mutate();
  };
  const isFifo = record.type === 'fifo';
  return (
    <form onSubmit={submit}>
      <Textarea
        label="Payload"
        description="Any JSON value"
        autosize
        minRows={6}
        maxRows={16}
        data-autofocus
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={draft.payload}
        error={faults.payload}
        onChange={(event) => change({ payload: event.currentTarget.value })}
      />
      <Textarea
        label="Headers"
        description="One on each line, as name: value"
        mt="sm"
        autosize
        minRows={2}
        value={draft.headers}
        error={faults.headers}
        onChange={(event) => change({ headers: event.currentTarget.value })}
      />
      {isFifo ? (
        <>
          <TextInput
            label="Message group"
            description="Messages of one group are delivered one after another"
            mt="sm"
            value={draft.messageGroupId}
            onChange={(event) => change({ messageGroupId: event.currentTarget.value })}
          />
          <TextInput
            label="Deduplication id"
            description="A second message with it within five minutes is not stored"
            mt="sm"
            value={draft.deduplicationId}
            onChange={(event) => change({ deduplicationId: event.currentTarget.value })}
          />
        </>
      ) : (
        <NumberInput
          label="Delay in seconds"
          mt="sm"
          min={0}
          max={604_800}
          value={draft.delaySeconds}
          onChange={(value) => change({ delaySeconds: value })}
        />
      )}
      {record.enablePriority && (
        <NumberInput
          label="Priority"
          description="0 to 9; higher is delivered first"
          mt="sm"
          min={0}
          max={9}
          value={draft.priority}
          onChange={(value) => change({ priority: value })}
        />
      )}
      {publication.isError && <Failure title="It was not published" error={publication.error} />}
      {publication.isSuccess && (
        <Text mt="sm" role="status">
          Published{' '}
          {mayRead ? (
            <Link
              href={`/queues/${record.queue}/messages?message=${publication.data.messageId}`}
              onClick={onClose}
            >
              {publication.data.messageId}
            </Link>
          ) : (
            publication.data.messageId
          )}
          . You can publish another.
        </Text>
      )}
      <FormActions onCancel={onClose}>
        <Button type="submit" loading={publication.isPending} disabled={message === undefined}>
          Publish
        </Button>
      </FormActions>
    </form>
  );
}
