import type { LeasedMessage, StoredMessage } from './commands.js';
import { toIso } from './iso-time.js';

/** What is pushed: the delivery is the push itself, so that there is no receipt. */
export const pushedText = (message: LeasedMessage, queue: string): string =>
  textOf(message, queue, '');

/** A QueueMessage as JSON text, its payload and headers as they were stored. */
export function messageText(message: StoredMessage | LeasedMessage, queue: string): string {
  if (!('receipt' in message)) return textOf(message, queue, '');
  const expiresAt = toIso(message.leaseExpiresAtMs);
  const lease = `,"receipt":"${message.receipt}","lease_expires_at":"${expiresAt}"`;
  return textOf(message, queue, lease);
}

function textOf(message: StoredMessage, queue: string, lease: string): string {
  const { messageId, payload, headers, priority } = message;
  let text = `{"message_id":"${messageId}","queue":"${queue}","payload":${payload}`;
  if (headers !== null) text += `,"headers":${headers}`;
  text += `,"priority":${priority}`;
  text += optional('message_group_id', message.groupId);
  text += optional('deduplication_id', message.deduplicationId);
  text += `,"enqueued_at":"${toIso(message.enqueuedAtMs)}","delivery_count":${message.deliveryCount}`;
  text += lease;
  text += optional('source_queue', message.sourceQueue);
  if (message.deadLetteredAtMs !== null) {
    text += `,"dead_lettered_at":"${toIso(message.deadLetteredAtMs)}"`;
  }
  text += optional('dead_letter_reason', message.deadLetterReason);
  text += optional('last_error', message.lastError);
  return `${text}}`;
}

const optional = (name: string, value: string | null): string =>
  value === null ? '' : `,"${name}":${JSON.stringify(value)}`;
