import { Button, Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Dialog } from '../../design/dialog.js';
import { Failure } from '../../design/failure.js';
import { FormActions } from '../../design/form-actions.js';
import { useSession } from '../../session/session.js';

interface CreateQueueDialogProps {
  readonly isOpen: boolean;
  onClose(): void;
}

/** Asks for what matters at first; the other settings have defaults and can be changed later. */
export function CreateQueueDialog({ isOpen, onClose }: CreateQueueDialogProps) {
  return (
    <Dialog title="Create a queue" isOpen={isOpen} onClose={onClose}>
      <CreateQueueForm onClose={onClose} />
    </Dialog>
  );
}

function CreateQueueForm({ onClose }: { onClose(): void }) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const [type, setType] = useState<'standard' | 'fifo'>('standard');
  const [deadLetterQueue, setDeadLetterQueue] = useState('');
  const [maxRetries, setMaxRetries] = useState<number | string>(3);
  const [enablePriority, setEnablePriority] = useState(false);
  const creation = useMutation({
    mutationFn: async () =>
      millrace.queue(name.trim()).create({
        type,
        deadLetterQueue: deadLetterQueue.trim() || undefined,
        maxRetries: maxRetries === '' ? undefined : Number(maxRetries),
        enablePriority: enablePriority || undefined,
      }),
    onSuccess: ({ queue }) => {
      queries.invalidateQueries({ queryKey: ['queues'] });
      onClose();
      navigate(`/queues/${queue}`);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    creation.mutate();
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        label="Name"
        description="1 to 128 of A-Z a-z 0-9 . _ -"
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Type"
        mt="sm"
        allowDeselect={false}
        value={type}
        data={[
          { value: 'standard', label: 'Standard: as fast as possible' },
          { value: 'fifo', label: 'FIFO: strict order within a message group' },
        ]}
        onChange={(value) => setType(value === 'fifo' ? 'fifo' : 'standard')}
      />
      <NumberInput
        label="Retries"
        description="Failed deliveries after the first before a message is a dead letter"
        mt="sm"
        min={0}
        max={1_000}
        allowDecimal={false}
        value={maxRetries}
        onChange={setMaxRetries}
      />
      <TextInput
        label="Dead-letter queue"
        description="An existing queue; empty keeps dead letters beside this queue"
        mt="sm"
        value={deadLetterQueue}
        onChange={(event) => setDeadLetterQueue(event.currentTarget.value)}
      />
      {type === 'standard' && (
        <Checkbox
          label="Priorities order the messages"
          mt="md"
          checked={enablePriority}
          onChange={(event) => setEnablePriority(event.currentTarget.checked)}
        />
      )}
      {creation.isError && <Failure title="The queue was not created" error={creation.error} />}
      <FormActions onCancel={onClose}>
        <Button type="submit" loading={creation.isPending}>
          Create
        </Button>
      </FormActions>
    </form>
  );
}
