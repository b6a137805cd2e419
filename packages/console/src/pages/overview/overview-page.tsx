import { Button, Loader, Text, Title } from '@mantine/core';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useQueueList } from '../../api/queue-list.js';
import { EmptyState } from '../../design/empty-state.js';
import { Failure } from '../../design/failure.js';
import { formatCount } from '../../design/format.js';
import { usePageTitle } from '../../design/use-page-title.js';
import { useMay } from '../../session/session.js';
import { SteadyTroubles } from '../../trouble/steady-troubles.js';
import { AttentionPanel } from './attention-panel.js';
import { OverviewControls } from './overview-controls.js';
import classes from './overview-page.module.css';
import { judged, matching } from './queue-rows.js';
import { QueueTable } from './queue-table.js';
import { useOverviewAddress } from './use-overview-address.js';

// Not part of the first load.
const CreateQueueDialog = lazy(() => import('./create-queue-dialog.js'));

/** All queues of the project, those in trouble first. */
export function OverviewPage() {
  usePageTitle('Queues');
  const list = useQueueList();
  const address = useOverviewAddress();
  const [isCreating, setIsCreating] = useState(false);
  const mayManage = useMay('manage');
  const [troubles] = useState(() => new SteadyTroubles());
  const rows = useMemo(
    () => judged(list.queues, troubles, Math.max(list.dataUpdatedAt, list.visibleReadAtMs ?? 0)),
    [list.queues, troubles, list.dataUpdatedAt, list.visibleReadAtMs],
  );
  const shown = useMemo(() => matching(rows, address.view), [rows, address.view]);
  const create = mayManage && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setIsCreating(true)}>
      Create queue
    </Button>
  );

  return (
    <>
      <div className={classes.heading}>
        <Title order={1} size="h3">
          Queues
        </Title>
        {list.data !== undefined && (
          <Text c="dimmed" role="status">
            {list.data.isComplete
              ? formatCount(rows.length)
              : `reading… ${formatCount(rows.length)}`}
          </Text>
        )}
        <div className={classes.actions}>{create}</div>
      </div>
      {list.isError && (
        <Failure
          title="The queues could not be read"
          error={list.error}
          onRetry={() => list.refetch()}
        />
      )}
      {list.isPending && <Loader aria-label="Reading the queues" />}
      {list.data !== undefined && rows.length === 0 && (
        <EmptyState title="There is no queue yet">
          {mayManage
            ? 'Create the first one here, or let a program do it.'
            : 'Somebody with the scope manage has to create one.'}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <>
          <AttentionPanel rows={rows} address={address} />
          <OverviewControls
            address={address}
            shownCount={shown.length}
            readAtMs={list.dataUpdatedAt}
            visibleReadAtMs={list.visibleReadAtMs}
          />
          <QueueTable rows={shown} listCount={rows.length} address={address} />
        </>
      )}
      <Suspense>
        {isCreating && <CreateQueueDialog onClose={() => setIsCreating(false)} />}
      </Suspense>
    </>
  );
}
