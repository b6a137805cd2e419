import type { LeasedMessage } from '../../../core/commands/commands.js';
import type { PushSubscriptionRow } from '../../../core/queue/push-subscription.js';
import { pushedText } from '../../../core/store/message-text.js';
import { deliveryHeaders } from '../message-headers.js';
import type { PushRequest } from '../push-client.js';
import { signatureHeaders } from './signing.js';

const TIMEOUT_MAX_MS = 30_000;
/** The rest of the lease is left for settling. */
const SHARE_OF_LEASE = 0.8;

export const timeoutOfLeaseMs = (leaseMs: number): number =>
  Math.max(1, Math.min(leaseMs * SHARE_OF_LEASE, TIMEOUT_MAX_MS));

/** The POST request of an attempt. */
export function requestOf(
  subscription: PushSubscriptionRow,
  message: LeasedMessage,
  secrets: readonly string[],
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): PushRequest {
  const { subscriptionId, project, url, queue, format, allowedMessageHeaders } = subscription;
  const { messageId } = message;
  const body = Buffer.from(format === 'payload' ? message.payload : pushedText(message, queue));
  // The wall clock, because a receiver compares this with its own clock, not with the store's.
  const timestampSeconds = Math.floor(wallMs / 1_000);
  return {
    sender: subscriptionId,
    project,
    url,
    body,
    timeoutMs: timeoutOfLeaseMs(message.leaseExpiresAtMs - nowMs),
    headers: deliveryHeaders({
      queue,
      attempt: message.deliveryCount,
      format,
      signature: signatureHeaders({ messageId, timestampSeconds, body, secrets }),
      message: message.headers === null ? null : JSON.parse(message.headers),
      ...(allowedMessageHeaders === null ? {} : { allowed: JSON.parse(allowedMessageHeaders) }),
      subscription: subscription.headers === null ? null : JSON.parse(subscription.headers),
    }),
  };
}
