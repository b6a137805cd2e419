import { Badge, Loader, Text } from '@mantine/core';
import type { PushDelivery, PushSubscription } from '@millrace/client';
import { lazy, Suspense, useMemo } from 'react';
import { usePushDeliveries } from '../../../api/push.js';
import { Failure } from '../../../design/failure.js';
import { useMay } from '../../../session/session.js';
import { type PushHealth, pushHealth } from '../../../trouble/push-health.js';
import { AttemptTable } from './attempt-table.js';
import { latencySeries } from './latency-series.js';
import classes from './push-tab.module.css';
import { SubscriptionActions } from './subscription-actions.js';
import { WhoPaused } from './who-paused.js';

const LineChart = lazy(() => import('../../../charts/line-chart.js'));

const COLOURS: Readonly<Record<PushHealth['state'], string>> = {
  well: 'green',
  unsteady: 'yellow',
  failing: 'red',
  paused: 'yellow',
  unused: 'gray',
};

const NONE: readonly PushDelivery[] = [];

interface SubscriptionPanelProps {
  readonly subscription: PushSubscription;
}

/** One subscription: how its receiver does, how long it takes, and its last pushes. */
export function SubscriptionPanel({ subscription }: SubscriptionPanelProps) {
  const pushes = usePushDeliveries(subscription);
  const mayManage = useMay('manage');
  const { data: deliveries = NONE } = pushes;
  const health = pushHealth(subscription, deliveries);
  const latency = useMemo(() => latencySeries(deliveries), [deliveries]);
  return (
    <section className={classes.panel} aria-label={`Subscription ${subscription.url}`}>
      <div className={classes.heading}>
        <span className={classes.url}>{subscription.url}</span>
        {pushes.data !== undefined && <HealthBadge {...health} />}
        {mayManage && <SubscriptionActions subscription={subscription} />}
      </div>
      {pushes.isPending && <Loader size="xs" mt={6} aria-label="Reading the pushes" />}
      {pushes.isError && pushes.data === undefined && (
        <Failure
          title="The last pushes could not be read"
          error={pushes.error}
          onRetry={() => pushes.refetch()}
        />
      )}
      {pushes.data !== undefined && (
        <Text size="sm" mt={6}>
          {health.explanation}
        </Text>
      )}
      <WhoPaused subscription={subscription} />
      <Text size="sm" c="dimmed" mt={2}>
        {settingsInWords(subscription)}
      </Text>
      {deliveries.length > 0 && (
        <div className={classes.body}>
          <Suspense fallback={<Loader aria-label="Loading the chart" />}>
            <LineChart title="Duration of the last pushes" axis="count" unit=" ms" {...latency} />
          </Suspense>
          <AttemptTable queue={subscription.queue} deliveries={deliveries} />
        </div>
      )}
    </section>
  );
}

const HealthBadge = ({ state, label }: PushHealth) => (
  <Badge variant="light" radius="sm" tt="none" color={COLOURS[state]}>
    {label}
  </Badge>
);

function settingsInWords(subscription: PushSubscription): string {
  const { format, maxInFlight, signed, maxRetries, visibilityTimeout, deadLetterQueue } =
    subscription;
  const parts = [
    format === 'payload' ? 'posts the payload alone' : 'posts the whole message',
    signed ? 'signed' : 'not signed',
    `up to ${maxInFlight} at once on each node`,
  ];
  if (maxRetries !== undefined) parts.push(`${maxRetries} retries`);
  if (visibilityTimeout !== undefined) parts.push(`leases of ${visibilityTimeout} s`);
  if (deadLetterQueue !== undefined) parts.push(`dead letters to ${deadLetterQueue}`);
  return parts.join(' · ');
}
