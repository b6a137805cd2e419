import { CAPABILITIES, type ConsumeParams, LIMITS } from '@millrace/protocol';
import { messageText } from '../../core/message-text.js';
import { answer, type Call, type Route, targetOf, toMs } from '../call.js';

/** As the room for bytes in flight fills, answers get smaller before calls are refused. */
const BUDGET_SHARE = 8;
/** What an answer holds beside its messages. */
const ENVELOPE_BYTES = 512;
const ANSWER_FLOOR_BYTES = 64 * 1024;

export const consumeRoute: Route = {
  capability: CAPABILITIES.consume,

  async handle(call: Call<ConsumeParams>, { service, budget }) {
    const { params } = call;
    const share = Math.floor(budget.leftBytes() / BUDGET_SHARE);
    const outcome = await service.consume(targetOf(call), {
      maxMessages: params.max_messages ?? LIMITS.consumeDefaultMessages,
      visibilityTimeoutMs:
        params.visibility_timeout === undefined ? null : toMs(params.visibility_timeout),
      waitMs: toMs(params.wait_seconds ?? 0),
      maxBytes: Math.min(
        LIMITS.answerMaxBytes - ENVELOPE_BYTES,
        Math.max(ANSWER_FLOOR_BYTES, share),
      ),
      presence: call.presence,
    });
    if (!outcome.ok) return outcome;
    const texts = outcome.messages.map((message) => messageText(message, params.queue));
    return { ...answer(null, outcome.replayed), data: `{"messages":[${texts.join(',')}]}` };
  },
};
