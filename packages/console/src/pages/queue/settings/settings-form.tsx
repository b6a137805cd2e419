import { Button, Checkbox, Group, NumberInput, Text, TextInput } from '@mantine/core';
import type { QueueRecord } from '@millrace/client';
import { type FormEvent, useState } from 'react';
import { useUpdateQueue } from '../../../api/queue.js';
import { Failure } from '../../../design/failure.js';
import { changesOf, type Settings, settingsOf } from './settings.js';
import classes from './settings-tab.module.css';

interface SettingsFormProps {
  readonly record: QueueRecord;
  readonly isReadOnly: boolean;
}

const NUMBERS = [
  {
    name: 'maxRetries',
    label: 'Retries',
    description: 'Nacks after the first before a message is a dead letter',
    max: 1_000,
  },
  {
    name: 'maxExpiredLeases',
    label: 'Expired leases',
    description: 'Leases that may run out after the first',
    max: 100_000,
  },
  {
    name: 'visibilityTimeoutDefault',
    label: 'Visibility timeout in seconds',
    description: 'How long a consumer has a message, unless it says otherwise',
    max: 43_200,
  },
  {
    name: 'messageRetentionDays',
    label: 'Retention in days',
    description: 'How long a message is kept',
    max: 30,
  },
] as const;

/** Only settings that were changed are sent. */
export function SettingsForm({ record, isReadOnly }: SettingsFormProps) {
  const [settings, setSettings] = useState<Settings>(() => settingsOf(record));
  const change = (part: Partial<Settings>): void =>
    setSettings((before) => ({ ...before, ...part }));
  const update = useUpdateQueue(record.queue);
  const changes = changesOf(record, settings);
  const isChanged = Object.keys(changes).length > 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isChanged) update.mutate(changes);
  };
  return (
    <form onSubmit={submit}>
      <fieldset disabled={isReadOnly} className={classes.fields}>
        {NUMBERS.map(({ name, label, description, max }) => (
          <NumberInput
            key={name}
            label={label}
            description={description}
            min={name === 'maxRetries' || name === 'maxExpiredLeases' ? 0 : 1}
            max={max}
            value={settings[name]}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
        <TextInput
          label="Dead-letter queue"
          description="An existing queue; empty keeps dead letters beside this one"
          value={settings.deadLetterQueue}
          onChange={(event) => change({ deadLetterQueue: event.currentTarget.value })}
        />
        {record.type === 'standard' && (
          <Checkbox
            label="Priorities order the messages"
            checked={settings.enablePriority}
            onChange={(event) => change({ enablePriority: event.currentTarget.checked })}
          />
        )}
      </fieldset>
      {update.isError && <Failure title="The settings were not changed" error={update.error} />}
      {!isReadOnly && (
        <Group mt="md">
          <Button type="submit" disabled={!isChanged} loading={update.isPending}>
            Save
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => setSettings(settingsOf(record))}>
              Discard
            </Button>
          )}
          <Text size="sm" c="dimmed" role="status">
            {update.isSuccess && !isChanged && 'Saved.'}
          </Text>
        </Group>
      )}
    </form>
  );
}
