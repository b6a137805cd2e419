import { Alert, Button, Checkbox, Group, NumberInput, Text, TextInput } from '@mantine/core';
import type { QueueRecord, UpdateParams } from '@millrace/client';
import { type FormEvent, useState } from 'react';
import { Failure } from '../../../design/failure.js';
import { formatCount } from '../../../design/format.js';
import { changesOf, movesExpiredLeases, type Settings, settingsOf } from './settings.js';
import classes from './settings-tab.module.css';

interface SettingsFormProps {
  readonly record: QueueRecord;
  readonly isReadOnly: boolean;
  readonly isSaving: boolean;
  readonly error: Error | null;
  /** What came of the last change; it is shown until the next one is typed. */
  readonly saved: string;
  onSave(changes: UpdateParams): void;
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
    description: 'Leases that may run out after the first; empty: as many as retries',
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
export function SettingsForm(props: SettingsFormProps) {
  const { record, isReadOnly, isSaving, error, saved, onSave } = props;
  const [settings, setSettings] = useState<Settings>(() => settingsOf(record));
  const change = (part: Partial<Settings>): void =>
    setSettings((before) => ({ ...before, ...part }));
  const [keepsExpiredLeases, setKeepsExpiredLeases] = useState(false);
  const changes = changesOf(record, settings);
  const isMoving = movesExpiredLeases(record, changes);
  const isChanged = Object.keys(changes).length > 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const kept = isMoving && keepsExpiredLeases && { maxExpiredLeases: record.maxExpiredLeases };
    if (isChanged) onSave({ ...changes, ...kept });
  };
  return (
    <form onSubmit={submit}>
      <fieldset disabled={isReadOnly} className={classes.fields}>
        {NUMBERS.map(({ name, label, description, max }) => (
          <NumberInput
            key={name}
            label={label}
            description={
              name === 'maxExpiredLeases' && record.type === 'standard'
                ? `${description}, or 1,000 if those and the dead-letter queue were never set`
                : description
            }
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
      {isMoving && (
        <Alert
          color="yellow"
          variant="light"
          mt="md"
          role="status"
          title="Expired leases may change"
        >
          If their number was never set, it follows the retries: saving makes it{' '}
          {String(changes.maxRetries ?? record.maxRetries)} instead of{' '}
          {formatCount(record.maxExpiredLeases)}.
          <Checkbox
            mt="xs"
            label={`Keep ${formatCount(record.maxExpiredLeases)}, also when the retries change later`}
            checked={keepsExpiredLeases}
            onChange={(event) => setKeepsExpiredLeases(event.currentTarget.checked)}
          />
        </Alert>
      )}
      {error !== null && <Failure title="The settings were not changed" error={error} />}
      {!isReadOnly && (
        <Group mt="md">
          <Button type="submit" disabled={!isChanged} loading={isSaving}>
            Save
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => setSettings(settingsOf(record))}>
              Discard
            </Button>
          )}
          <Text size="sm" c="dimmed" role="status">
            {!isChanged && saved}
          </Text>
        </Group>
      )}
    </form>
  );
}
