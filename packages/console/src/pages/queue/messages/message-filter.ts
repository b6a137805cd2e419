import type { QueueMessage } from '@millrace/client';
import { payloadTextOf } from '../../../api/messages.js';
import { compactJson } from '../../../design/json/json-text.js';

/** Where the filter looks; empty for everywhere. */
export type FilterField = '' | 'payload' | 'headers' | 'error';

/** The messages that contain the text, in any case of letters. A header is matched as `name: value`. */
export function matchingMessages<T extends QueueMessage>(
  messages: readonly T[],
  text: string,
  field: FilterField,
): readonly T[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return messages;
  return messages.filter((message) => textsOf(message, field).some((one) => contains(one, wanted)));
}

const contains = (text: string, wanted: string): boolean => text.toLowerCase().includes(wanted);

function textsOf(message: QueueMessage, field: FilterField): string[] {
  const text = payloadTextOf(message);
  // Whoever types JSON need not know where its publisher has put spaces.
  const payload = [text, compactJson(text)];
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const error = message.lastError === undefined ? [] : [message.lastError];
  switch (field) {
    case 'payload':
      return payload;
    case 'headers':
      return headers;
    case 'error':
      return error;
    default: {
      const { messageId, messageGroupId = '' } = message;
      return [...payload, ...headers, ...error, messageId, messageGroupId];
    }
  }
}
