import { Text } from '@mantine/core';
import type { QueueRecord, UpdateParams } from '@millrace/client';
import { useState } from 'react';
import { useQueueRecord, useUpdateQueue } from '../../../api/queue.js';
import { formatTime } from '../../../design/format.js';
import { useMay } from '../../../session/session.js';
import { DangerZone } from './danger-zone.js';
import { savedInWords } from './settings.js';
import { SettingsForm } from './settings-form.js';
import classes from './settings-tab.module.css';

/** How the queue behaves, and how to end it. */
export function SettingsTab({ queue }: { readonly queue: string }) {
  const { data: record } = useQueueRecord(queue);
  const mayManage = useMay('manage');
  const update = useUpdateQueue(queue);
  const [saved, setSaved] = useState('');
  if (record === undefined) return null;
  const save = (before: QueueRecord, changes: UpdateParams): void => {
    setSaved('');
    update.mutate(changes, {
      onSuccess: (after) => setSaved(savedInWords(before, after, changes)),
    });
  };
  return (
    <div className={classes.tab}>
      {!mayManage && (
        <Text c="dimmed" mb="md">
          Your key may read these settings. To change them it would need the scope manage.
        </Text>
      )}
      <SettingsForm
        // A change begins the form anew, from what the server says.
        key={record.updatedAt}
        record={record}
        isReadOnly={!mayManage}
        isSaving={update.isPending}
        error={update.error}
        saved={saved}
        onSave={(changes) => save(record, changes)}
      />
      <Text size="sm" c="dimmed" mt="md">
        Created {formatTime(record.createdAt)}, changed {formatTime(record.updatedAt)}.
      </Text>
      {mayManage && <DangerZone queue={queue} />}
    </div>
  );
}
