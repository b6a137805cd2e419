import { Badge, Button, Text, Title } from '@mantine/core';
import type { QueueRecord } from '@millrace/client';
import { ChevronRight, Send } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { useLastMinute, useQueueStats } from '../../api/queue.js';
import { useMay } from '../../session/session.js';
import { SteadyTroubles } from '../../trouble/steady-troubles.js';
import { TroubleIcon } from '../../trouble/trouble-icon.js';
import { useTroubles } from '../../trouble/use-troubles.js';
import { PublishDialog } from './publish/publish-dialog.js';
import { QueueCounts } from './queue-counts.js';
import classes from './queue-header.module.css';

/** The name of the queue, how it is now, and what is wrong with it. */
export function QueueHeader({ record }: { readonly record: QueueRecord }) {
  const { queue, type } = record;
  const stats = useQueueStats(queue);
  const lastMinute = useLastMinute(queue);
  const [isPublishing, setIsPublishing] = useState(false);
  const mayPublish = useMay('publish');
  const [steady] = useState(() => new SteadyTroubles());
  const judged =
    stats.data === undefined || lastMinute.isPending
      ? []
      : steady.of(
          { ...record, stats: stats.data, ...(lastMinute.data && { activity: lastMinute.data }) },
          stats.dataUpdatedAt,
        );
  const troubles = useTroubles({
    queue,
    troubles: judged,
    ...(stats.data && { stats: stats.data }),
    ...(lastMinute.data && { activity: lastMinute.data }),
  });
  return (
    <header className={classes.header}>
      <div className={classes.heading}>
        <Link href="/" className={classes.parent}>
          Queues
        </Link>
        <ChevronRight size={16} aria-hidden className={classes.separator} />
        <Title order={1} size="h3" className={classes.name}>
          {queue}
        </Title>
        {type === 'fifo' && (
          <Badge variant="default" radius="sm">
            FIFO
          </Badge>
        )}
        {mayPublish && (
          <Button
            className={classes.action}
            variant="default"
            leftSection={<Send size={14} aria-hidden />}
            onClick={() => setIsPublishing(true)}
          >
            Publish
          </Button>
        )}
      </div>
      <QueueCounts
        stats={stats.data}
        activity={lastMinute.data ?? undefined}
        nowMs={stats.dataUpdatedAt}
      />
      {troubles.length > 0 && (
        <ul className={classes.troubles}>
          {troubles.map(({ severity, label, explanation, nextStep, tab }) => (
            <li key={label} className={classes[severity]}>
              <TroubleIcon severity={severity} />
              <Text size="sm" component="span">
                {explanation} <Link href={`/queues/${queue}/${tab}`}>{nextStep}</Link>
              </Text>
            </li>
          ))}
        </ul>
      )}
      <PublishDialog record={record} isOpen={isPublishing} onClose={() => setIsPublishing(false)} />
    </header>
  );
}
