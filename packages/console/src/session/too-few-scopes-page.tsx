import { Button, Code, Text, Title } from '@mantine/core';
import type { WhoamiReturns } from '@millrace/client';
import { CenteredPage } from '../design/centered-page.js';
import { Mark } from '../design/mark.js';

interface TooFewScopesPageProps {
  readonly identity: WhoamiReturns;
  onSignOut(): void;
}

/** For a valid key that may not look at queues. */
export function TooFewScopesPage({ identity, onSignOut }: TooFewScopesPageProps) {
  return (
    <CenteredPage>
      <Mark size={40} />
      <Title order={1} size="h3" mt="md">
        This key may not look at queues
      </Title>
      <Text mt="sm">
        It is valid for the project <b>{identity.project}</b> and has the{' '}
        {identity.scopes.length === 1 ? 'scope' : 'scopes'}{' '}
        <Code>{identity.scopes.join(', ')}</Code>. The console needs the scope <Code>read</Code>,
        which <Code>manage</Code> and <Code>admin</Code> include.
      </Text>
      <Text mt="sm" c="dimmed">
        Ask somebody who has an admin key to create one for you, on the page Keys of this console.
      </Text>
      <Button mt="lg" onClick={() => onSignOut()}>
        Sign in with another key
      </Button>
    </CenteredPage>
  );
}
