import { CAPABILITIES, type ConsumeParams, LIMITS } from '@millrace/protocol';
import { messagePieces } from '../../core/store/message-text.js';
import { type Call, listText, type Route, targetOf, toMs } from '../call.js';

/** The most bytes of an answer without its messages, with ten warnings about the longest names. */
const ENVELOPE_BYTES = 8 * 1024;

export const consumeRoute: Route = {
  capability: CAPABILITIES.consume,

  waits: true,

  async handle(call: Call<ConsumeParams>, { service }) {
    const { params } = call;
    const outcome = await service.consume(targetOf(call), {
      maxMessages: params.max_messages ?? LIMITS.consumeDefaultMessages,
      visibilityTimeoutMs:
        params.visibility_timeout === undefined ? null : toMs(params.visibility_timeout),
      waitMs: toMs(params.wait_seconds ?? 0),
      maxBytes: LIMITS.answerMaxBytes - ENVELOPE_BYTES,
      room: call.room,
      presence: call.presence,
      access: call.caller,
    });
    if (!outcome.ok) return outcome;
    const texts = outcome.messages.map((message) => messagePieces(message, params.queue));
    return { ok: true, data: listText('{"messages":[', texts, ']}'), replayed: outcome.replayed };
  },
};
