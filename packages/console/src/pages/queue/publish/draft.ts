import { JsonText, type PublishOptions, type QueueMessage } from '@millrace/client';
import { payloadTextOf } from '../../../api/messages.js';
import { indentedJson } from '../../../design/json/json-text.js';

/** What was typed into the form, as it is. */
export interface Draft {
  readonly payload: string;
  readonly headers: string;
  readonly delaySeconds: number | string;
  readonly priority: number | string;
  readonly messageGroupId: string;
  readonly deduplicationId: string;
}

export const EMPTY_DRAFT: Draft = {
  payload: '{\n  \n}',
  headers: '',
  delaySeconds: '',
  priority: '',
  messageGroupId: '',
  deduplicationId: '',
};

/** A payload that takes longer lines than this to indent is left as it was published. */
const INDENTED_MAX_CHARACTERS = 200_000;

/**
 * A draft of the same message. It has no deduplication id, because with that of the message it would not
 * be stored.
 */
export function draftOf(message: QueueMessage): Draft {
  const text = payloadTextOf(message);
  const indented = indentedJson(text, INDENTED_MAX_CHARACTERS);
  return {
    ...EMPTY_DRAFT,
    payload: indented.length < INDENTED_MAX_CHARACTERS ? indented : text,
    headers: Object.entries(message.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    priority: message.priority === 0 ? '' : message.priority,
    messageGroupId: message.messageGroupId ?? '',
  };
}

export interface ReadDraft {
  /** Undefined if a field has a fault. */
  readonly message: ({ readonly payload: JsonText } & PublishOptions) | undefined;
  readonly faults: { readonly payload?: string; readonly headers?: string };
}

/** Makes a message of what was typed, or says what is wrong with it. */
export function readDraft(draft: Draft): ReadDraft {
  const payload = readPayload(draft.payload);
  const headers = readHeaders(draft.headers);
  const faults = {
    ...('fault' in payload && { payload: payload.fault }),
    ...('fault' in headers && { headers: headers.fault }),
  };
  if ('fault' in payload || 'fault' in headers) return { message: undefined, faults };
  const message = {
    payload: payload.value,
    headers: headers.value,
    delaySeconds: numberOf(draft.delaySeconds),
    priority: numberOf(draft.priority),
    messageGroupId: draft.messageGroupId || undefined,
    deduplicationId: draft.deduplicationId || undefined,
  };
  return { message, faults };
}

type Read<T> = { readonly value: T } | { readonly fault: string };

/** The payload is sent as it was typed: what JSON.parse makes of it has lost large integers. */
function readPayload(text: string): Read<JsonText> {
  try {
    JSON.parse(text);
    return { value: new JsonText(text) };
  } catch (error) {
    return { fault: `This is no JSON: ${(error as Error).message}` };
  }
}

function readHeaders(text: string): Read<Record<string, string> | undefined> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return { fault: `"${line}" has no name before a colon.` };
    headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return { value: lines.length === 0 ? undefined : headers };
}

const numberOf = (value: number | string): number | undefined =>
  value === '' ? undefined : Number(value);
