import { Button, Loader, Text } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { usePushSubscriptions } from '../../../api/push.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { countOf } from '../../../design/format.js';
import { useMay } from '../../../session/session.js';
import classes from './push-tab.module.css';
import { SubscribeDialog } from './subscribe-dialog.js';
import { SubscriptionPanel } from './subscription-panel.js';

/** The urls that messages of the queue are posted to. */
export function PushTab({ queue }: { readonly queue: string }) {
  const subscriptions = usePushSubscriptions(queue);
  const [isSubscribing, setIsSubscribing] = useState(false);
  const mayManage = useMay('manage');
  const items = subscriptions.data ?? [];
  return (
    <>
      <div className={classes.controls}>
        <Text size="sm" c="dimmed">
          {items.length > 1
            ? 'The subscriptions share the messages: each goes to one of them.'
            : 'A receiver gets each message in a POST; any answer from 200 to 299 is the ack.'}
        </Text>
        {mayManage && (
          <Button
            className={classes.subscribe}
            leftSection={<Plus size={16} aria-hidden />}
            onClick={() => setIsSubscribing(true)}
          >
            Subscribe a url
          </Button>
        )}
      </div>
      {subscriptions.isPending && <Loader aria-label="Reading the subscriptions" />}
      {subscriptions.isError && items.length === 0 && (
        <Failure
          title="The push subscriptions could not be read"
          error={subscriptions.error}
          onRetry={() => subscriptions.refetch()}
        />
      )}
      {subscriptions.isSuccess && items.length === 0 && (
        <EmptyState title="No url is subscribed">
          Consumers of this queue fetch their messages. To have them posted instead, subscribe a
          url.
        </EmptyState>
      )}
      <ul className={classes.list} aria-label={countOf(items.length, 'subscription')}>
        {items.map((subscription) => (
          <li key={subscription.subscriptionId}>
            <SubscriptionPanel subscription={subscription} />
          </li>
        ))}
      </ul>
      <SubscribeDialog
        queue={queue}
        isOpen={isSubscribing}
        onClose={() => setIsSubscribing(false)}
      />
    </>
  );
}
