import type { PushDelivery } from '@millrace/client';
import { Link } from 'wouter';
import { formatCount, formatRelative, formatTime } from '../../../design/format.js';
import { ScrollRegion } from '../../../design/scroll-region.js';
import { isSuccess } from '../../../trouble/push-health.js';
import classes from './push-tab.module.css';

interface AttemptTableProps {
  readonly queue: string;
  readonly deliveries: readonly PushDelivery[];
}

/** A link to the message, unless the push has acked it and it is gone. */
function ShortId({ queue, delivery }: { readonly queue: string; readonly delivery: PushDelivery }) {
  const { messageId } = delivery;
  const short = `…${messageId.slice(-8)}`;
  if (isSuccess(delivery)) return <span title={messageId}>{short}</span>;
  return (
    <Link href={`/queues/${queue}/messages?message=${messageId}`} title={messageId}>
      {short}
    </Link>
  );
}

/** The last pushes, newest first, with what the receiver answered. */
export function AttemptTable({ queue, deliveries }: AttemptTableProps) {
  return (
    <ScrollRegion label="Last pushes" className={classes.attempts}>
      <table aria-label="Last pushes">
        <thead>
          <tr>
            <th>When</th>
            <th>Message</th>
            <th>Attempt</th>
            <th>Answer</th>
            <th>Took</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr key={`${delivery.at} ${delivery.messageId} ${delivery.attempt}`}>
              <td title={formatTime(delivery.at)}>{formatRelative(delivery.at)}</td>
              <td>
                <ShortId queue={queue} delivery={delivery} />
              </td>
              <td>{delivery.attempt}</td>
              <td className={isSuccess(delivery) ? undefined : classes.failed}>
                {delivery.status ?? delivery.error ?? 'no answer'}
              </td>
              <td>{formatCount(delivery.durationMs)} ms</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
