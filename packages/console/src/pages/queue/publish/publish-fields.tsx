import { NumberInput, Textarea, TextInput } from '@mantine/core';
import type { QueueRecord } from '@millrace/client';
import type { Draft, ReadDraft } from './draft.js';

interface PublishFieldsProps {
  readonly record: QueueRecord;
  readonly draft: Draft;
  readonly faults: ReadDraft['faults'];
  change(part: Partial<Draft>): void;
}

/** The fields that make sense for the type of the queue. */
export function PublishFields({ record, draft, faults, change }: PublishFieldsProps) {
  return (
    <>
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
      {record.type === 'fifo' ? (
        <FifoFields draft={draft} change={change} />
      ) : (
        <NumberInput
          label="Delay in seconds"
          mt="sm"
          min={0}
          max={604_800}
          value={draft.delaySeconds}
          onChange={(delaySeconds) => change({ delaySeconds })}
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
          onChange={(priority) => change({ priority })}
        />
      )}
    </>
  );
}

const FifoFields = ({ draft, change }: Pick<PublishFieldsProps, 'draft' | 'change'>) => (
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
);
