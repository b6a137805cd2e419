import { Text, Title } from '@mantine/core';
import type { MessageReturns } from '@millrace/client';
import { formatTime } from '../../../../design/format.js';
import classes from './message-details.module.css';
import { uncountedInWords } from './uncounted-deliveries.js';

type Failure = MessageReturns['failedDeliveries'][number];

const HOW: Readonly<Record<Failure['how'], string>> = {
  nack: 'The consumer nacked it',
  rejected: 'The consumer rejected it for good',
  expired_lease: 'The lease ran out: the consumer neither acked nor extended',
};

interface FailedDeliveriesProps {
  readonly message: MessageReturns;
  readonly isFifo: boolean;
}

/** The deliveries of a message that failed, with what the consumers said. */
export function FailedDeliveries({ message, isFifo }: FailedDeliveriesProps) {
  const failures = message.failedDeliveries;
  const uncounted = uncountedInWords(message, isFifo);
  return (
    <>
      <Title order={3} size="h6">
        Failed deliveries
      </Title>
      {failures.length === 0 && uncounted === undefined && (
        <Text size="sm" c="dimmed">
          None.
        </Text>
      )}
      {uncounted !== undefined && (
        <Text size="sm" c="dimmed">
          {uncounted}
        </Text>
      )}
      <ol className={classes.failures}>
        {failures.map(({ at, how, error, keyId }) => (
          <li key={`${at} ${keyId}`}>
            <Text size="sm">
              {formatTime(at)} · {HOW[how]}
              {keyId !== undefined && ` · ${byWhom(keyId)}`}
            </Text>
            {error !== undefined && <pre className={classes.error}>{error}</pre>}
          </li>
        ))}
      </ol>
    </>
  );
}

const byWhom = (keyId: string): string =>
  keyId.startsWith('push:') ? `push subscription ${keyId.slice(5)}` : `key ${keyId}`;
