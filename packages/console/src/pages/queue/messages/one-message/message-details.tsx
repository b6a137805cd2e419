import { Code, Text, Title } from '@mantine/core';
import type { MessageReturns } from '@millrace/client';
import type { ReactNode } from 'react';
import { payloadTextOf } from '../../../../api/messages.js';
import { useQueueRecord, useQueueStats } from '../../../../api/queue.js';
import { formatRelative, formatTime } from '../../../../design/format.js';
import { JsonView } from '../../../../design/json/json-view.js';
import { reasonInWords } from '../../dead-letters/reason-in-words.js';
import { StateBadge } from '../state-badge.js';
import { FailedDeliveries } from './failed-deliveries.js';
import classes from './message-details.module.css';
import { PublishCopy } from './publish-copy.js';
import { whyNotDelivered } from './why-not-delivered.js';

interface MessageDetailsProps {
  readonly message: MessageReturns;
  readonly nowMs: number;
  onCopy(message: MessageReturns): void;
}

/** Everything that is known of a message. */
export function MessageDetails({ message, nowMs, onCopy }: MessageDetailsProps) {
  const stats = useQueueStats(message.queue);
  const { data: record } = useQueueRecord(message.queue);
  return (
    <div className={classes.details}>
      <div className={classes.state}>
        <StateBadge state={message.state} />
        <Text size="sm">{whyNotDelivered(message, stats.data, nowMs)}</Text>
      </div>
      <dl className={classes.facts}>
        {factsOf(message, nowMs).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Title order={3} size="h6">
        Payload
      </Title>
      <JsonView json={payloadTextOf(message)} label="Payload" />
      {message.headers !== undefined && (
        <>
          <Title order={3} size="h6">
            Headers
          </Title>
          <JsonView json={JSON.stringify(message.headers)} label="Headers" />
        </>
      )}
      <PublishCopy onOpen={() => onCopy(message)} />
      <FailedDeliveries message={message} isFifo={record?.type === 'fifo'} />
    </div>
  );
}

function factsOf(message: MessageReturns, nowMs: number): [string, ReactNode][] {
  const time = (at: string): string => `${formatTime(at)}, ${formatRelative(at, nowMs)}`;
  const facts: [string, ReactNode][] = [
    ['Id', <Code key="id">{message.messageId}</Code>],
    ['Published', time(message.enqueuedAt)],
    ['Deliveries', message.deliveryCount],
  ];
  const { messageGroupId, deduplicationId, deadLetteredAt, deadLetterReason, sourceQueue } =
    message;
  if (message.priority !== 0) facts.push(['Priority', message.priority]);
  if (messageGroupId !== undefined) facts.push(['Message group', messageGroupId]);
  if (deduplicationId !== undefined) facts.push(['Deduplication id', deduplicationId]);
  if (sourceQueue !== undefined) facts.push(['Came from', sourceQueue]);
  if (deadLetteredAt !== undefined) facts.push(['Dead letter since', time(deadLetteredAt)]);
  if (deadLetterReason !== undefined) facts.push(['Because', reasonInWords(deadLetterReason)]);
  return facts;
}
