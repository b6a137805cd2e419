import { Button, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useQueueStats, useRefreshQueue } from '../../../api/queue.js';
import { TypedConfirmation } from '../../../design/dialogs/typed-confirmation.js';
import { countOf, formatCount, isOrAre } from '../../../design/format.js';
import { useSession } from '../../../session/session.js';
import classes from './settings-tab.module.css';

/** What cannot be undone. */
export function DangerZone({ queue }: { readonly queue: string }) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  const refresh = useRefreshQueue(queue);
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<'purge' | 'delete' | null>(null);
  const { data: stats } = useQueueStats(queue);
  const close = (): void => setAsked(null);
  const purge = useMutation({
    mutationFn: () => millrace.queue(queue).purge(),
    onSuccess: () => {
      refresh();
      close();
    },
  });
  const deletion = useMutation({
    mutationFn: () => millrace.queue(queue).delete(),
    onSuccess: () => {
      navigate('/');
      queries.invalidateQueries({ queryKey: ['queues'] });
    },
  });
  const { available = 0, inFlight = 0, delayed = 0, dlq = 0 } = stats ?? {};
  const count = available + inFlight + delayed;
  const messages = countOf(count, 'message');
  return (
    <section className={classes.danger} aria-labelledby="danger">
      <Title order={2} size="h5" id="danger">
        What cannot be undone
      </Title>
      <div className={classes.act}>
        <Text size="sm">Remove all messages, also those that are leased. Dead letters stay.</Text>
        <Button color="red" variant="outline" onClick={() => setAsked('purge')}>
          Purge
        </Button>
      </div>
      <Text size="sm" c="dimmed" role="status">
        {purge.isSuccess && `Removed: ${countOf(purge.data.purged, 'message')}.`}
      </Text>
      <div className={classes.act}>
        <Text size="sm">Delete the queue with everything in it.</Text>
        <Button color="red" variant="outline" onClick={() => setAsked('delete')}>
          Delete
        </Button>
      </div>
      <TypedConfirmation
        title="Purge the queue"
        consequence={`${messages} of ${queue} ${isOrAre(count)} removed for good, also what consumers are working on. Dead letters stay: ${formatCount(dlq)}.`}
        word={queue}
        action="Purge"
        isOpen={asked === 'purge'}
        mutation={purge}
        onClose={close}
      />
      <TypedConfirmation
        title="Delete the queue"
        consequence={`${queue} is deleted with ${messages}, with its dead letters (${formatCount(dlq)}) unless they are in a queue of their own, and with its push subscriptions.`}
        word={queue}
        action="Delete"
        isOpen={asked === 'delete'}
        mutation={deletion}
        onClose={close}
      />
    </section>
  );
}
