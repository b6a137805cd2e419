import { Loader } from '@mantine/core';
import { MillraceError } from '@millrace/client';
import type { FunctionComponent } from 'react';
import { Link, Redirect, useParams } from 'wouter';
import { useQueueRecord } from '../../api/queue.js';
import { EmptyState } from '../../design/empty-state.js';
import { Failure } from '../../design/failure.js';
import { usePageTitle } from '../../design/use-page-title.js';
import { ActivityTab } from './activity/activity-tab.js';
import { DeadLettersTab } from './dead-letters/dead-letters-tab.js';
import { MessagesTab } from './messages/messages-tab.js';
import { PushTab } from './push/push-tab.js';
import { QueueHeader } from './queue-header.js';
import { QueueTabs } from './queue-tabs.js';
import { SettingsTab } from './settings/settings-tab.js';

const TABS: Readonly<Record<string, FunctionComponent<{ readonly queue: string }>>> = {
  activity: ActivityTab,
  messages: MessagesTab,
  'dead-letters': DeadLettersTab,
  push: PushTab,
  settings: SettingsTab,
};

/** One queue. What one sees of it is part of the address. */
export default function QueuePage() {
  const { queue = '', tab } = useParams<{ queue: string; tab?: string }>();
  const record = useQueueRecord(queue);
  usePageTitle(`${queue} ${(tab ?? '').replace('-', ' ')}`);
  if (tab === undefined) return <Redirect to={`/queues/${queue}/activity`} replace />;
  const Tab = TABS[tab];
  if (record.isPending) return <Loader aria-label="Reading the queue" />;
  if (record.error instanceof MillraceError && record.error.code === 'QUEUE_NOT_FOUND') {
    return (
      <EmptyState title={`There is no queue ${queue}`}>
        It may have been deleted, or belongs to another project. <Link href="/">All queues</Link>
      </EmptyState>
    );
  }
  if (record.data === undefined) {
    return (
      <Failure
        title="The queue could not be read"
        error={record.error as Error}
        onRetry={() => record.refetch()}
      />
    );
  }
  return (
    // The key makes sure that nothing of one queue, such as a selection, is left for the next.
    <div key={queue}>
      <QueueHeader record={record.data} />
      <QueueTabs queue={queue} current={tab} />
      {Tab === undefined ? (
        <EmptyState title="There is no such view">Choose one of the views above.</EmptyState>
      ) : (
        <Tab queue={queue} />
      )}
    </div>
  );
}
