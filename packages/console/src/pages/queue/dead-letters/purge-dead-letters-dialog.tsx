import { useMutation } from '@tanstack/react-query';
import { useRefreshQueue } from '../../../api/queue.js';
import { TypedConfirmation } from '../../../design/dialogs/typed-confirmation.js';
import { countOf, isOrAre } from '../../../design/format.js';
import { useSession } from '../../../session/session.js';

interface PurgeDeadLettersDialogProps {
  readonly queue: string;
  readonly count: number;
  readonly isOpen: boolean;
  onPurged(count: number): void;
  onClose(): void;
}

export function PurgeDeadLettersDialog(props: PurgeDeadLettersDialogProps) {
  const { queue, count, isOpen, onPurged, onClose } = props;
  const { millrace } = useSession();
  const refresh = useRefreshQueue(queue);
  const purge = useMutation({
    mutationFn: () => millrace.queue(queue).dlq.purge(),
    onSuccess: ({ purged }) => {
      refresh();
      onPurged(purged);
      onClose();
    },
  });
  return (
    <TypedConfirmation
      title="Purge the dead letters"
      consequence={`${countOf(count, 'dead letter')} of ${queue} ${isOrAre(count)} removed for good. Nothing brings ${count === 1 ? 'it' : 'them'} back.`}
      word={queue}
      action="Purge dead letters"
      isOpen={isOpen}
      mutation={purge}
      onClose={onClose}
    />
  );
}
