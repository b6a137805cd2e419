import { Button, Group, Progress, Text } from '@mantine/core';
import type { QueueMessage } from '@millrace/client';
import { Dialog } from '../../../design/dialogs/dialog.js';
import { Failure } from '../../../design/failure.js';
import { countOf, formatCount } from '../../../design/format.js';
import { frequentErrors } from './reason-in-words.js';
import { type RedrivePlan, sizeOf } from './redrive.js';
import classes from './redrive-dialog.module.css';
import { useRedrive } from './use-redrive.js';

interface RedriveDialogProps {
  readonly queue: string;
  /** Null if no redrive was asked for. */
  readonly plan: RedrivePlan | null;
  /** Those of the plan that were read; their errors are shown. */
  readonly sample: readonly QueueMessage[];
  onClose(): void;
}

/** Says what a redrive will do, and then how far it is. */
export function RedriveDialog({ queue, plan, sample, onClose }: RedriveDialogProps) {
  return (
    <Dialog title="Redrive dead letters" isOpen={plan !== null} size="lg" onClose={onClose}>
      {plan !== null && <Content queue={queue} plan={plan} sample={sample} onClose={onClose} />}
    </Dialog>
  );
}

type ContentProps = Omit<RedriveDialogProps, 'plan'> & { readonly plan: RedrivePlan };

function Content({ queue, plan, sample, onClose }: ContentProps) {
  const { run, progress, stop } = useRedrive(queue);
  const count = sizeOf(plan);
  if (run.isIdle) {
    return (
      <>
        <Text>
          {countOf(count, 'dead letter')} {count === 1 ? 'goes' : 'go'} back to <b>{queue}</b>,
          behind the messages that wait there, in the old order, with fresh retries and a fresh
          retention.
        </Text>
        <Text mt="sm">Why they failed{sample.length < count && ', as far as they were read'}:</Text>
        <ul className={classes.errors}>
          {frequentErrors(sample, 3).map(({ line, count: number }) => (
            <li key={line}>
              <span>{line}</span> <b>{formatCount(number)}</b>
            </li>
          ))}
        </ul>
        <Text size="sm" c="dimmed">
          If the cause is not mended, they fail again and come back here.
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => run.mutate(plan)} data-autofocus>
            Redrive {formatCount(count)}
          </Button>
        </Group>
      </>
    );
  }
  return (
    <>
      <Progress
        value={run.isSuccess ? 100 : (100 * progress.done) / Math.max(1, count)}
        aria-label="Redriven"
        animated={run.isPending}
      />
      <Text mt="sm" role="status">
        {run.isPending
          ? `${formatCount(progress.done)} of ${formatCount(count)}…`
          : resultInWords(progress.redriven, count)}
      </Text>
      {run.isError && <Failure title="The redrive did not end" error={run.error} />}
      <Group justify="flex-end" mt="lg">
        {run.isPending ? (
          <Button variant="default" onClick={stop}>
            Stop
          </Button>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )}
      </Group>
    </>
  );
}

function resultInWords(redriven: number, count: number): string {
  const went = `${countOf(redriven, 'dead letter')} went back.`;
  const rest = count - redriven;
  return rest <= 0
    ? went
    : `${went} ${formatCount(rest)} did not: gone, leased, or not yet reached.`;
}
