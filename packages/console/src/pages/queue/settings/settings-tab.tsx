import { Text } from '@mantine/core';
import { useQueueRecord } from '../../../api/queue.js';
import { formatTime } from '../../../design/format.js';
import { useMay } from '../../../session/session.js';
import { DangerZone } from './danger-zone.js';
import { SettingsForm } from './settings-form.js';
import classes from './settings-tab.module.css';

/** How the queue behaves, and how to end it. */
export function SettingsTab({ queue }: { readonly queue: string }) {
  const { data: record } = useQueueRecord(queue);
  const mayManage = useMay('manage');
  if (record === undefined) return null;
  return (
    <div className={classes.tab}>
      {!mayManage && (
        <Text c="dimmed" mb="md">
          Your key may read these settings. To change them it would need the scope manage.
        </Text>
      )}
      <SettingsForm key={record.updatedAt} record={record} isReadOnly={!mayManage} />
      <Text size="sm" c="dimmed" mt="md">
        Created {formatTime(record.createdAt)}, changed {formatTime(record.updatedAt)}.
      </Text>
      {mayManage && <DangerZone queue={queue} />}
    </div>
  );
}
