import type { LeasedMessage, StoredMessage } from '../commands/commands.js';
import { toIso } from '../iso-time.js';

/** The body of a push. The delivery is the push itself, so there is no receipt. */
export function pushedText(message: LeasedMessage, queue: string): string {
  const [head, tail] = textAround(message, queue, '');
  return `${head}${message.payload}${tail}}`;
}

/** From this length on, a payload is not copied into the text around it. */
const LARGE_PAYLOAD_CHARS = 16 * 1024;

/**
 * A QueueMessage as JSON text, with its payload and headers as they were stored; in several pieces if
 * the payload is large.
 *
 * @param more further members, each with a comma before it
 */
export function messagePieces(
  message: StoredMessage | LeasedMessage,
  queue: string,
  more = '',
): readonly string[] {
  const [head, tail] = textAround(message, queue, leaseText(message));
  const { payload } = message;
  return payload.length < LARGE_PAYLOAD_CHARS
    ? [`${head}${payload}${tail}${more}}`]
    : [head, payload, `${tail}${more}}`];
}

function leaseText(message: StoredMessage | LeasedMessage): string {
  if (!('receipt' in message)) return '';
  const expiresAt = toIso(message.leaseExpiresAtMs);
  return `,"receipt":"${message.receipt}","lease_expires_at":"${expiresAt}"`;
}

/** The text before and after the payload, without the last brace. */
function textAround(message: StoredMessage, queue: string, lease: string): [string, string] {
  const { messageId, headers, priority } = message;
  const head = `{"message_id":"${messageId}","queue":"${queue}","payload":`;
  let text = headers === null ? '' : `,"headers":${headers}`;
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
  return [head, text];
}

const optional = (name: string, value: string | null): string =>
  value === null ? '' : `,"${name}":${JSON.stringify(value)}`;
