import { Button, Text } from '@mantine/core';
import type { PushSubscription, PushTestReturns } from '@millrace/client';
import { useState } from 'react';
import { usePushActions } from '../../../api/push.js';
import { TypedConfirmation } from '../../../design/dialogs/typed-confirmation.js';
import { Failure } from '../../../design/failure.js';
import classes from './push-tab.module.css';

/** Test, pause, resume and unsubscribe, with what came of it. */
export function SubscriptionActions({ subscription }: { readonly subscription: PushSubscription }) {
  const { queue, subscriptionId, state, url } = subscription;
  const { test, pause, resume, unsubscribe } = usePushActions(queue, subscriptionId);
  const [isEnding, setIsEnding] = useState(false);
  const failed = test.error ?? pause.error ?? resume.error;
  return (
    <>
      <div className={classes.actions}>
        <Action label="Test" action={test} />
        {state === 'active' ? (
          <Action label="Pause" action={pause} />
        ) : (
          <Action label="Resume" action={resume} />
        )}
        <Button size="compact-sm" variant="default" onClick={() => setIsEnding(true)}>
          Unsubscribe
        </Button>
      </div>
      {test.data !== undefined && (
        <Text size="sm" role="status" w="100%">
          {testInWords(test.data)}
        </Text>
      )}
      {failed !== null && <Failure title="That did not work" error={failed} />}
      <TypedConfirmation
        title="Unsubscribe the url"
        consequence={`Nothing is pushed to ${url} any more. The messages stay in ${queue}.`}
        word="unsubscribe"
        action="Unsubscribe"
        isOpen={isEnding}
        mutation={unsubscribe}
        onClose={() => setIsEnding(false)}
      />
    </>
  );
}

interface ActionProps {
  readonly label: string;
  readonly action: { readonly isPending: boolean; mutate(): void };
}

const Action = ({ label, action }: ActionProps) => (
  <Button
    size="compact-sm"
    variant="default"
    loading={action.isPending}
    onClick={() => action.mutate()}
  >
    {label}
  </Button>
);

function testInWords({ delivered, status, durationMs, error }: PushTestReturns): string {
  const answer = status === undefined ? `no answer: ${error ?? 'unknown'}` : `answer ${status}`;
  return `${delivered ? 'The test message was delivered' : 'The test message failed'}: ${answer}, after ${Math.round(durationMs)} ms.`;
}
