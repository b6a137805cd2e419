import { CAPABILITIES, type DlqPurgeParams, type RedriveParams } from '@millrace/protocol';
import { fieldRefusal } from '../../core/refusal.js';
import { auditedTargetOf, type Call, type Route, respond } from '../call.js';
import { parseTime } from '../validation/time.js';

/** The calls on the dead letters of a queue. */

const redriveRoute: Route = {
  capability: CAPABILITIES.dlqRedrive,
  handle(call: Call<RedriveParams>, { service }) {
    const { queue, message_id, since, max_messages } = call.params;
    if (message_id !== undefined && since !== undefined) {
      return fieldRefusal('/since', 'must not be given together with message_id');
    }
    const sinceMs = since === undefined ? null : parseTime(since);
    if (sinceMs === undefined) {
      return fieldRefusal('/since', 'must be a time, as ISO 8601 in UTC or as epoch milliseconds');
    }
    const outcome = service.deadLetters(
      auditedTargetOf(call),
      {
        action: 'redrive',
        messageId: message_id ?? null,
        sinceMs,
        maxMessages: max_messages ?? null,
      },
      call.caller,
    );
    return respond(outcome, ({ done }) => ({ queue, redriven: done }));
  },
};

const dlqPurgeRoute: Route = {
  capability: CAPABILITIES.dlqPurge,
  handle(call: Call<DlqPurgeParams>, { service }) {
    const { queue, message_id } = call.params;
    const outcome = service.deadLetters(
      auditedTargetOf(call),
      { action: 'purge', messageId: message_id ?? null, sinceMs: null, maxMessages: null },
      call.caller,
    );
    return respond(outcome, ({ done }) => ({ queue, purged: done }));
  },
};

export const DEAD_LETTER_ROUTES: readonly Route[] = [redriveRoute, dlqPurgeRoute];
