import {
  CAPABILITIES,
  LIMITS,
  type PublishBatchParams,
  type PublishParams,
} from '@millrace/protocol';
import type { NewMessage } from '../../core/commands/commands.js';
import { canonicalJson } from '../../core/commands/idempotency.js';
import { isRefusal, type Refusal } from '../../core/refusal.js';
import { headersTooLarge } from '../body/payload-limits.js';
import { type Call, type Route, respond, targetOf, toMs } from '../call.js';

type MessageParams = PublishBatchParams['messages'][number];
type MessageContent = Omit<NewMessage, 'messageId'>;

const publishRoute: Route = {
  capability: CAPABILITIES.publish,
  texts: (_fields, [payload]) => ({ payload: payload as string }),

  handle(call: Call<PublishParams>, { service }) {
    const message = messageOf(call.params, call.payloads()[0] as string, '');
    if (isRefusal(message)) return message;
    const outcome = service.publish(targetOf(call), [message], false, call.caller);
    return respond(outcome, ({ messageIds }) => ({ message_id: messageIds[0] }));
  },
};

/** The bytes of an id with its quotes and comma. */
const ID_BYTES = 39;

const publishBatchRoute: Route = {
  capability: CAPABILITIES.publishBatch,
  answerMaxBytes: ({ messages }: PublishBatchParams) => messages.length * ID_BYTES,
  texts: (fields, payloads) => ({ messages: comparableBatch(fields.messages, payloads) }),

  handle(call: Call<PublishBatchParams>, { service }) {
    const payloads = call.payloads();
    const messages: MessageContent[] = [];
    for (const [index, params] of call.params.messages.entries()) {
      const payload = payloads[index] as string;
      const message = messageOf(params, payload, `/messages/${index}`);
      if (isRefusal(message)) return message;
      messages.push(message);
    }
    const outcome = service.publish(targetOf(call), messages, true, call.caller);
    return respond(outcome, ({ messageIds }) => ({ message_ids: messageIds }));
  },
};

/** The fields of an entry that are compared by value; its payload is compared by its text. */
const COMPARED = Object.keys(
  CAPABILITIES.publishBatch.params.properties.messages.items.properties,
).filter((name) => name !== 'payload');

/** A text to compare two batches by: the known fields of each message, and the text of its payload. */
function comparableBatch(messages: unknown, payloads: readonly string[]): string {
  return (messages as Record<string, unknown>[])
    .map((message, index) => {
      const known = COMPARED.filter((name) => message[name] !== undefined);
      const fields = canonicalJson(Object.fromEntries(known.map((name) => [name, message[name]])));
      return `${fields}${payloads[index]?.length} ${payloads[index]}`;
    })
    .join('\n');
}

/**
 * Checks a message, except for the size of its payload. That is checked as the body arrives, in
 * `body-collector.ts`, because a body with a payload that is too large is always scanned.
 *
 * @param path the position of the message in the request, as a JSON pointer
 */
function messageOf(params: MessageParams, payload: string, path: string): MessageContent | Refusal {
  const headers = params.headers === undefined ? null : JSON.stringify(params.headers);
  const refusal = checkHeaders(headers, path);
  if (refusal !== undefined) return refusal;
  return {
    payload,
    headers,
    delayMs: toMs(params.delay_seconds ?? 0),
    priority: params.priority ?? 0,
    groupId: params.message_group_id ?? null,
    deduplicationId: params.deduplication_id ?? null,
  };
}

function checkHeaders(headers: string | null, path: string): Refusal | undefined {
  if (headers === null || Buffer.byteLength(headers) <= LIMITS.headersMaxBytes) return undefined;
  return headersTooLarge(`${path}/headers`);
}

export const PUBLISH_ROUTES: readonly Route[] = [publishRoute, publishBatchRoute];
