import { Alert, Button, Checkbox, CopyButton, Group, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useCreateKey } from '../../api/keys.js';
import { Dialog } from '../../design/dialogs/dialog.js';
import { FormActions } from '../../design/dialogs/form-actions.js';
import { Failure } from '../../design/failure.js';
import type { Scope } from '../../session/scopes.js';
import { useSession } from '../../session/session.js';
import classes from './keys-page.module.css';

interface CreateKeyDialogProps {
  readonly isOpen: boolean;
  onClose(): void;
}

export function CreateKeyDialog({ isOpen, onClose }: CreateKeyDialogProps) {
  return (
    <Dialog title="Create a key" isOpen={isOpen} onClose={onClose}>
      <CreateKeyForm onClose={onClose} />
    </Dialog>
  );
}

const SCOPES: readonly [Scope, string][] = [
  ['publish', 'publish messages'],
  ['consume', 'consume and settle messages'],
  ['read', 'look at queues and messages, as in this console'],
  ['manage', 'all of these, and change, purge and delete queues'],
  ['metrics', 'read /metrics, and nothing else'],
  ['admin', 'everything, in all projects, keys included'],
];

const DAYS = [
  { value: '', label: 'Never' },
  { value: '1', label: 'In a day' },
  { value: '30', label: 'In 30 days' },
  { value: '365', label: 'In a year' },
];

const DAY_MS = 86_400_000;

function CreateKeyForm({ onClose }: { onClose(): void }) {
  const { identity } = useSession();
  const creation = useCreateKey();
  const [name, setName] = useState('');
  const [project, setProject] = useState(identity.project);
  const [scopes, setScopes] = useState<string[]>(['publish', 'consume']);
  const [days, setDays] = useState<string | null>('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    creation.mutate({
      name: name.trim() || undefined,
      project: project.trim(),
      scopes: scopes as Scope[],
      expiresAt: days ? Date.now() + Number(days) * DAY_MS : undefined,
    });
  };
  if (creation.isSuccess) return <Secret secret={creation.data.key ?? ''} onClose={onClose} />;
  return (
    <form onSubmit={submit}>
      <TextInput
        label="Name"
        description="For people: which program or person uses it"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Project"
        mt="sm"
        required
        value={project}
        onChange={(event) => setProject(event.currentTarget.value)}
      />
      <Checkbox.Group label="What it may do" mt="sm" value={scopes} onChange={setScopes}>
        <div className={classes.choices}>
          {SCOPES.map(([scope, meaning]) => (
            <Checkbox key={scope} value={scope} label={scope} description={meaning} />
          ))}
        </div>
      </Checkbox.Group>
      <Select
        label="Expires"
        mt="sm"
        data={DAYS}
        value={days}
        allowDeselect={false}
        onChange={setDays}
      />
      {creation.isError && <Failure title="The key was not created" error={creation.error} />}
      <FormActions onCancel={onClose}>
        <Button type="submit" disabled={scopes.length === 0} loading={creation.isPending}>
          Create
        </Button>
      </FormActions>
    </form>
  );
}

interface SecretProps {
  readonly secret: string;
  onClose(): void;
}

/** The only time that anybody sees it. */
function Secret({ secret, onClose }: SecretProps) {
  return (
    <>
      <Alert color="yellow" variant="light" title="Copy it now" role="status">
        This is the only time that the key is shown.
      </Alert>
      <TextInput
        label="Key"
        mt="md"
        readOnly
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <Group justify="flex-end" mt="lg">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </>
  );
}
