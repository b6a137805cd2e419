import { Alert, Button, PasswordInput, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { CenteredPage } from '../design/centered-page.js';
import { Mark } from '../design/mark.js';

interface SignInPageProps {
  /** Why the person has to sign in again. */
  readonly reason: string | undefined;
  onKey(key: string): Promise<void>;
}

/** One field and Enter. */
export function SignInPage({ reason, onKey }: SignInPageProps) {
  const [key, setKey] = useState('');
  const [fault, setFault] = useState<string | undefined>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (key.trim() === '') return setFault('Enter an API key.');
    setIsBusy(true);
    setFault(undefined);
    try {
      await onKey(key.trim());
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setIsBusy(false);
    }
  };

  return (
    <CenteredPage>
      <Mark size={40} />
      <Title order={1} size="h3" mt="md">
        Sign in to millrace
      </Title>
      <Text c="dimmed" mt={4} mb="lg">
        Look at the queues of {window.location.host}.
      </Text>
      {reason !== undefined && fault === undefined && (
        <Alert color="yellow" variant="light" mb="md" role="status">
          {reason}
        </Alert>
      )}
      <form onSubmit={submit}>
        <PasswordInput
          label="API key"
          description="With the scope read, manage or admin. It stays in this tab only."
          placeholder="ifr_…"
          size="md"
          data-autofocus
          autoFocus
          autoComplete="off"
          value={key}
          error={fault}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" size="md" fullWidth mt="md" loading={isBusy}>
          Sign in
        </Button>
      </form>
      <Text size="sm" c="dimmed" mt="lg">
        The first start of a server prints a key. With an admin key you create others on the page
        Keys.
      </Text>
    </CenteredPage>
  );
}
