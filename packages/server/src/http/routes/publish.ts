import { CAPABILITIES, LIMITS, type PublishParams } from '@millrace/protocol';
import { fieldRefusal, type Refusal, refuse } from '../../core/refusal.js';
import { type Route, respond, targetOf, toMs } from '../call.js';
import { memberText } from '../raw-json.js';

export const publishRoute: Route = {
  capability: CAPABILITIES.publish,
  texts: (_fields, bodyText) => ({ payload: memberText(bodyText, 'payload') ?? '' }),

  handle(call: { params: PublishParams } & Parameters<Route['handle']>[0], { service }) {
    const { params, bodyText } = call;
    const payload = memberText(bodyText, 'payload') as string;
    const headers = params.headers === undefined ? null : JSON.stringify(params.headers);
    const refusal = checkPayload(payload) ?? checkHeaders(headers);
    if (refusal !== undefined) return refusal;
    const outcome = service.publish(targetOf(call), {
      payload,
      headers,
      delayMs: toMs(params.delay_seconds ?? 0),
      priority: params.priority ?? 0,
      groupId: params.message_group_id ?? null,
      deduplicationId: params.deduplication_id ?? null,
    });
    return respond(outcome, ({ messageIds }) => ({ message_id: messageIds[0] }));
  },
};

function checkPayload(payload: string): Refusal | undefined {
  // A character of UTF-16 takes three bytes of UTF-8 at most.
  if (payload.length * 3 <= LIMITS.payloadMaxBytes) return undefined;
  if (Buffer.byteLength(payload) <= LIMITS.payloadMaxBytes) return undefined;
  const rule = `must be at most ${LIMITS.payloadMaxBytes} bytes of JSON`;
  return refuse('PAYLOAD_TOO_LARGE', `payload ${rule}`, {
    hint: 'Keep large data elsewhere and publish a reference to it.',
    details: [{ path: '/payload', message: rule }],
  });
}

function checkHeaders(headers: string | null): Refusal | undefined {
  if (headers === null || Buffer.byteLength(headers) <= LIMITS.headersMaxBytes) return undefined;
  return fieldRefusal('/headers', `must be at most ${LIMITS.headersMaxBytes} bytes of JSON`);
}
