import { Button, Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Dialog } from '../../design/dialogs/dialog.js';
import { FormActions } from '../../design/dialogs/form-actions.js';
import { Failure } from '../../design/failure.js';
import { useSession } from '../../session/session.js';

interface CreateQueueDialogProps {
  onClose(): void;
}

/** Asks for what matters at first; the other settings have defaults and can be changed later. */
export default function CreateQueueDialog({ onClose }: CreateQueueDialogProps) {
  return (
    <Dialog title="Create a queue" isOpen onClose={onClose}>
      <CreateQueueForm onClose={onClose} />
    </Dialog>
  );
}

interface NewQueue {
  readonly name: string;
  readonly type: 'standard' | 'fifo';
  readonly maxRetries: number | string;
  readonly deadLetterQueue: string;
  readonly enablePriority: boolean;
}

const EMPTY: NewQueue = {
  name: '',
  type: 'standard',
  maxRetries: 3,
  deadLetterQueue: '',
  enablePriority: false,
};

function CreateQueueForm({ onClose }: CreateQueueDialogProps) {
  const [wanted, setWanted] = useState(EMPTY);
  const creation = useCreateQueue(onClose);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    creation.mutate(wanted);
  };
  return (
    <form onSubmit={submit}>
      <NewQueueFields
        wanted={wanted}
        change={(part) => setWanted((before) => ({ ...before, ...part }))}
      />
      {creation.isError && <Failure title="The queue was not created" error={creation.error} />}
      <FormActions onCancel={onClose}>
        <Button type="submit" loading={creation.isPending}>
          Create
        </Button>
      </FormActions>
    </form>
  );
}

function useCreateQueue(onCreated: () => void) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: async ({ name, type, maxRetries, deadLetterQueue, enablePriority }: NewQueue) =>
      millrace.queue(name.trim()).create({
        type,
        deadLetterQueue: deadLetterQueue.trim() || undefined,
        maxRetries: maxRetries === '' ? undefined : Number(maxRetries),
        enablePriority: (type === 'standard' && enablePriority) || undefined,
      }),
    onSuccess: ({ queue }) => {
      queries.invalidateQueries({ queryKey: ['queues'] });
      onCreated();
      navigate(`/queues/${queue}`);
    },
  });
}

interface NewQueueFieldsProps {
  readonly wanted: NewQueue;
  change(part: Partial<NewQueue>): void;
}

function NewQueueFields({ wanted, change }: NewQueueFieldsProps) {
  return (
    <>
      <TextInput
        label="Name"
        description="1 to 128 of A-Z a-z 0-9 . _ -"
        required
        data-autofocus
        value={wanted.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        label="Type"
        mt="sm"
        allowDeselect={false}
        value={wanted.type}
        data={[
          { value: 'standard', label: 'Standard: as fast as possible' },
          { value: 'fifo', label: 'FIFO: strict order within a message group' },
        ]}
        onChange={(value) => change({ type: value === 'fifo' ? 'fifo' : 'standard' })}
      />
      <NumberInput
        label="Retries"
        description="Failed deliveries after the first before a message is a dead letter"
        mt="sm"
        min={0}
        max={1_000}
        allowDecimal={false}
        value={wanted.maxRetries}
        onChange={(maxRetries) => change({ maxRetries })}
      />
      <TextInput
        label="Dead-letter queue"
        description="An existing queue; empty keeps dead letters beside this queue"
        mt="sm"
        value={wanted.deadLetterQueue}
        onChange={(event) => change({ deadLetterQueue: event.currentTarget.value })}
      />
      {wanted.type === 'standard' && (
        <Checkbox
          label="Priorities order the messages"
          mt="md"
          checked={wanted.enablePriority}
          onChange={(event) => change({ enablePriority: event.currentTarget.checked })}
        />
      )}
    </>
  );
}
